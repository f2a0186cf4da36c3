/// The agent as systemd runs it, wherever the service is written: by `install-agent`, or by a VM's user data.
public enum AgentService {
    /// The service's name.
    public static let name = "quarterdeck-agent.service"
    /// Where its options stand, a line `name = value` each.
    public static let configurationPath = "/etc/quarterdeck/agent.conf"

    /// The name of the socket that systemd opens for it.
    public static let socketName = "quarterdeck-agent.socket"

    /// The unit file of the socket at which fleet's API is served: root and its group may use it.
    public static func socket(path: String) -> String {
        """
        [Unit]
        Description=Socket of fleet's API of the Quarterdeck node agent

        [Socket]
        ListenStream=\(path)
        SocketMode=0660
        # Connections are the agent's to take, also after it was restarted.
        Service=\(name)

        [Install]
        WantedBy=sockets.target

        """
    }

    /// The options as a file.
    public static func configuration(_ options: [(name: String, value: String)]) -> String {
        "# The options of 'quarterdeck-agent', a line each; '#' begins a comment.\n"
            + options.map { "\($0.name) = \($0.value)" }.joined(separator: "\n") + "\n"
    }

    /// The unit file.
    ///
    /// What the agent needs: root, to ask systemd for units and to read the journal and containers' files; the
    /// directories of runtime units and its own; the network. Everything else is taken from it.
    /// - Parameters:
    ///   - command: the program and its first words, without blanks
    ///   - directories: directories of its own beside the usual ones
    public static func unit(command: [String], directories: [String] = []) -> String {
        """
        [Unit]
        Description=Quarterdeck node agent
        Wants=network-online.target
        After=network-online.target dbus.service
        # However often it ended: a machine without an agent is lost to its cluster.
        StartLimitIntervalSec=0

        [Service]
        Type=exec
        ExecStart=\(command.joined(separator: " ")) --config \(configurationPath)
        Restart=always
        RestartSec=1
        # Its units are services of their own: ending it ends none of them.
        KillMode=process
        OOMScoreAdjust=-900
        UMask=0077
        StateDirectory=quarterdeck
        # Unit files stand here: they outlive the agent, and end with the boot.
        RuntimeDirectory=quarterdeck
        RuntimeDirectoryPreserve=yes

        # It talks to systemd over D-Bus as root, which needs no capability.
        CapabilityBoundingSet=
        NoNewPrivileges=yes
        ProtectSystem=strict
        ReadWritePaths=\((["/run/systemd/system"] + directories).joined(separator: " "))
        ProtectHome=yes
        PrivateTmp=yes
        PrivateDevices=yes
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        SystemCallArchitectures=native
        SystemCallFilter=@system-service

        [Install]
        WantedBy=multi-user.target

        """
    }
}
