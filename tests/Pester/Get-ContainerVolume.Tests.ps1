BeforeAll { Import-Module "$PSScriptRoot/TestVolumes.psm1" -Force }

Describe Get-ContainerVolume {
    It 'says when there is no engine' {
        { Get-ContainerVolume -Name db -DockerHost "unix://$([IO.Path]::GetTempPath())no-such.sock" } |
            Should -Throw -ErrorId 'DockerUnavailable,*'
    }
}
