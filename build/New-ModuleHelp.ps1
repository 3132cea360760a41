<#
.SYNOPSIS
    Makes the module's help out of docs/cmdlets, and fills in there what the cmdlets themselves say.
.DESCRIPTION
    Reads the pages, writes them back with the sections SYNTAX and the tables of the parameters taken from the imported
    module, and writes the MAML file that Get-Help reads. Run it after changing a page or a parameter: a test compares.
    Needs the module Snapshotter imported.
.PARAMETER Docs
    The folder with the pages.
.PARAMETER Maml
    The file to write.
.PARAMETER ProjectUri
    The address of the project, from which those of the pages derive; by default what the module's manifest says. Without
    one, links have names and no addresses, and Get-Help -Online says that there is none.
.EXAMPLE
    ./build.ps1 Help
#>
[CmdletBinding()]
param(
    [string] $Docs = "$PSScriptRoot/../docs/cmdlets",
    [string] $Maml = "$PSScriptRoot/../module/en-US/Snapshotter.PowerShell.dll-Help.xml",
    [string] $ProjectUri = (Get-Module Snapshotter).ProjectUri
)

$ErrorActionPreference = 'Stop'
$utf8 = [Text.UTF8Encoding]::new($false)
$common = @([System.Management.Automation.Cmdlet]::CommonParameters)
$namespaces = @{
    maml    = 'http://schemas.microsoft.com/maml/2004/10'
    command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
    dev     = 'http://schemas.microsoft.com/maml/dev/2004/10'
}

# The sections of a page below a heading mark: title => text.
function Split-Section([string] $Text, [string] $Mark) {
    $sections = [ordered]@{}
    foreach ($part in [regex]::Split($Text, "(?m)^$Mark (?=\S)")[1..999]) {
        $title, $body = $part.Split("`n", 2)
        $sections[$title.Trim()] = "$body".Trim("`n")
    }

    $sections
}

# Words as Get-Help shows them: without links and emphasis.
function Format-Plain([string] $Text) { [regex]::Replace($Text, '\[([^\]]+)\]\([^)]+\)|\*\*|`', '$1') }

function Format-Syntax($Command) {
    foreach ($set in $Command.ParameterSets) {
        $lines = [Collections.Generic.List[string]]::new()
        $line = "$($Command.Name)"
        foreach ($word in [regex]::Split("$set", ' (?=[\[-])')) {
            if ($line.Length + $word.Length -ge 110) {
                $lines.Add($line)
                $line = '   '
            }

            $line += " $word"
        }

        $lines.Add($line)
        "### $($set.Name)$(if ($set.IsDefault) { ' (default)' })`n`n``````text`n$($lines -join "`n")`n``````"
    }
}

# What a parameter is when it is not given: what a new cmdlet has.
function Get-DefaultValue($Command, $Parameter) {
    if ($Parameter.IsMandatory) { return 'none' }
    $property = $Command.ImplementingType.GetProperty($Parameter.Name)
    $value = $property ? $property.GetValue([Activator]::CreateInstance($Command.ImplementingType)) : $null
    if ($Parameter.ParameterType -eq [switch]) { return 'False' }
    # 0 stands for a rule that is not given, and a span of no length too.
    if ($null -eq $value -or $value -is [int] -or "$value" -eq '' -or "$value" -eq '0h') { return 'none' }
    "$value"
}

function Format-ParameterTable($Command, $Parameter) {
    $sets = $Command.ParameterSets.Where({ $_.Parameters.Name -contains $Parameter.Name })
    $one = $sets[0].Parameters.Where({ $_.Name -eq $Parameter.Name })[0]
    $pipeline = @(if ($one.ValueFromPipeline) { 'by value' }; if ($one.ValueFromPipelineByPropertyName) { 'by property name' }) -join ', '
    $type = $one.ParameterType
    $element = [Nullable]::GetUnderlyingType($type) ?? ($type.IsArray ? $type.GetElementType() : $type)
    $rows = [ordered]@{
        Type      = ($element.Name -replace 'SwitchParameter', 'switch') + ($type.IsArray ? '[]' : '')
        Sets      = $sets.Count -eq $Command.ParameterSets.Count ? 'all' : $sets.Name -join ', '
        Aliases   = $one.Aliases.Count ? $one.Aliases -join ', ' : 'none'
        Required  = $one.IsMandatory ? 'yes' : 'no'
        Default   = Get-DefaultValue $Command $one
        Position  = $one.Position -ge 0 ? $one.Position : 'named'
        Pipeline  = $pipeline ? $pipeline : 'no'
        Wildcards = $Parameter.Attributes.Where({ $_ -is [System.Management.Automation.SupportsWildcardsAttribute] }) ? 'yes' : 'no'
    }
    if ($element.IsEnum) { $rows.Values = [enum]::GetNames($element) -join ', ' }
    '```yaml' + "`n" + (-join $rows.Keys.ForEach({ "${_}: $($rows[$_])`n" })) + '```'
}

# A page with its generated parts filled in.
function Update-Page([string] $Text, $Command) {
    $Text = [regex]::Replace($Text, '(?ms)^## SYNTAX\n.*?(?=^## )', { "## SYNTAX`n`n$((Format-Syntax $Command) -join "`n`n")`n`n" })
    [regex]::Replace($Text, '(?ms)^### -(\w+)\n\n(.*?)(?=^##)', {
            param($match)
            $name = $match.Groups[1].Value
            $parameter = $Command.Parameters[$name]
            if (-not $parameter) { throw "$($Command.Name) has no parameter '$name', but its page has." }
            $words = [regex]::Replace($match.Groups[2].Value, '(?s)```yaml.*?```', '').Trim("`n")
            "### -$name`n`n$words`n`n$(Format-ParameterTable $Command $parameter)`n`n"
        })
}

function Write-Element([string] $Name, $Content, [Collections.IDictionary] $Attributes = @{}) {
    $prefix, $local = $Name.Split(':')
    $writer.WriteStartElement($prefix, $local, $namespaces[$prefix])
    foreach ($key in $Attributes.Keys) { $writer.WriteAttributeString($key, "$($Attributes[$key])") }
    if ($Content -is [scriptblock]) { & $Content } elseif ($null -ne $Content) { $writer.WriteString("$Content") }
    $writer.WriteEndElement()
}

function Write-Paragraphs([string] $Name, [string] $Text) {
    Write-Element $Name { foreach ($p in [regex]::Split((Format-Plain $Text).Trim(), '\n\n+')) { Write-Element 'maml:para' $p } }
}

function Write-Parameter($Command, $Parameter, [string] $Description, [bool] $Globbing) {
    $type = [Nullable]::GetUnderlyingType($Parameter.ParameterType) ?? $Parameter.ParameterType
    $pipeline = @(if ($Parameter.ValueFromPipeline) { 'ByValue' }; if ($Parameter.ValueFromPipelineByPropertyName) { 'ByPropertyName' }) -join ', '
    $attributes = [ordered]@{
        required       = "$($Parameter.IsMandatory)".ToLowerInvariant()
        variableLength = "$($type.IsArray)".ToLowerInvariant()
        globbing       = "$Globbing".ToLowerInvariant()
        pipelineInput  = $pipeline ? "True ($pipeline)" : 'False'
        position       = $Parameter.Position -ge 0 ? $Parameter.Position : 'named'
        aliases        = $Parameter.Aliases ? $Parameter.Aliases -join ', ' : 'none'
    }
    $element = [Nullable]::GetUnderlyingType($Parameter.ParameterType) ?? ($type.IsArray ? $type.GetElementType() : $type)
    Write-Element 'command:parameter' {
        Write-Element 'maml:name' $Parameter.Name
        Write-Paragraphs 'maml:description' $Description
        if ($type.Name -ne 'SwitchParameter') {
            Write-Element 'command:parameterValue' $type.Name ([ordered]@{ required = 'true'; variableLength = $attributes.variableLength })
        }

        if ($element.IsEnum) {
            Write-Element 'command:parameterValueGroup' {
                foreach ($name in [enum]::GetNames($element)) {
                    Write-Element 'command:parameterValue' $name ([ordered]@{ required = 'false'; variableLength = 'false' })
                }
            }
        }

        Write-Element 'dev:type' { Write-Element 'maml:name' ($type.Name -replace 'Parameter$') }
        Write-Element 'dev:defaultValue' (Get-DefaultValue $Command $Parameter)
    } $attributes
}

# The address of a page, by its path from docs/cmdlets.
function Get-PageUri([string] $Path) { $ProjectUri ? [uri]::new([uri] "$ProjectUri/blob/main/docs/cmdlets/", $Path) : '' }

function Write-Link([string] $Text, [string] $Uri) {
    Write-Element 'maml:navigationLink' {
        Write-Element 'maml:linkText' $Text
        Write-Element 'maml:uri' $Uri
    }
}

function Write-Command($Command, $Page) {
    $words = Split-Section $Page.PARAMETERS '###'
    $describe = {
        param($Parameter)
        $text = $words["-$($Parameter.Name)"]
        if (-not $text) { throw "The page of $($Command.Name) does not describe -$($Parameter.Name)." }
        $globbing = [bool] $Command.Parameters[$Parameter.Name].Attributes.Where({ $_ -is [System.Management.Automation.SupportsWildcardsAttribute] })
        Write-Parameter $Command $Parameter ([regex]::Replace($text, '(?s)```yaml.*?```', '')) $globbing
    }
    $own = { $_.Name -notin $common }
    Write-Element 'command:command' {
        Write-Element 'command:details' {
            Write-Element 'command:name' $Command.Name
            Write-Element 'command:verb' $Command.Verb
            Write-Element 'command:noun' $Command.Noun
            Write-Paragraphs 'maml:description' $Page.SYNOPSIS
        }
        Write-Paragraphs 'maml:description' $Page.DESCRIPTION
        Write-Element 'command:syntax' {
            foreach ($set in $Command.ParameterSets) {
                Write-Element 'command:syntaxItem' {
                    Write-Element 'maml:name' $Command.Name
                    foreach ($parameter in $set.Parameters.Where($own)) { & $describe $parameter }
                }
            }
        }
        Write-Element 'command:parameters' {
            $seen = @{}
            foreach ($parameter in $Command.ParameterSets.Parameters.Where($own)) {
                if (-not $seen[$parameter.Name]) { & $describe $parameter }
                $seen[$parameter.Name] = $true
            }
        }
        Write-Element 'command:inputTypes' { Write-Element 'command:inputType' { Write-Element 'dev:type' { Write-Element 'maml:name' (Format-Plain $Page.INPUTS) } } }
        Write-Element 'command:returnValues' { Write-Element 'command:returnValue' { Write-Element 'dev:type' { Write-Element 'maml:name' (Format-Plain $Page.OUTPUTS) } } }
        Write-Element 'maml:alertSet' { Write-Paragraphs 'maml:alert' $Page.NOTES }
        Write-Element 'command:examples' {
            $examples = Split-Section $Page.EXAMPLES '###'
            foreach ($title in $examples.Keys) {
                $code = [regex]::Match($examples[$title], '(?s)```powershell\n(.*?)\n```(.*)')
                Write-Element 'command:example' {
                    Write-Element 'maml:title' "--- $title ---"
                    Write-Element 'dev:code' $code.Groups[1].Value
                    Write-Element 'dev:remarks' {
                        foreach ($p in [regex]::Split((Format-Plain $code.Groups[2].Value).Trim(), '\n\n+')) { Write-Element 'maml:para' $p }
                        # Get-Help puts no line between two examples by itself.
                        Write-Element 'maml:para' ''
                    }
                }
            }
        }
        Write-Element 'command:relatedLinks' {
            # Get-Help -Online opens the first one, which is HelpUri of the command as well.
            if ($ProjectUri) { Write-Link 'Online version' (Get-PageUri "$($Command.Name).md") }
            foreach ($link in [regex]::Matches($Page.'RELATED LINKS', '\[([^\]]+)\]\(([^)]+)\)')) {
                $text, $path = $link.Groups[1, 2].Value
                # A cmdlet is found by its name, a page by its place in the repository.
                if (-not $ProjectUri -and $path.StartsWith('../')) { $text += " (docs/$($path.Substring(3)))" }
                Write-Link $text (Get-PageUri $path)
            }
        }
    }
}

$pages = [ordered]@{}
foreach ($command in (Get-Command -Module Snapshotter).Where({ $_ })) {
    $path = "$Docs/$($command.Name).md"
    $text = Update-Page ([IO.File]::ReadAllText($path).Replace("`r`n", "`n")) $command
    [IO.File]::WriteAllText($path, $text, $utf8)
    $pages[$command.Name] = Split-Section $text '##'
}

$null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Maml))
$writer = [Xml.XmlWriter]::Create($Maml, [Xml.XmlWriterSettings]@{ Indent = $true; Encoding = $utf8; NewLineChars = "`n" })
$writer.WriteStartElement('helpItems', 'http://msh')
$writer.WriteAttributeString('schema', 'maml')
foreach ($command in Get-Command -Module Snapshotter) { Write-Command $command $pages[$command.Name] }
$writer.WriteEndElement()
$writer.WriteRaw("`n")
$writer.Dispose()
