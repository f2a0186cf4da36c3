/// A VM's own member of the cluster's store, which finds its peers by a discovery address.
struct EtcdMember {
    /// The service that the VM's system has for etcd: Flatcar's `etcd-member.service`, Debian's `etcd.service`.
    let service: String
    let discovery: String

    /// Where the script stands that learns the VM's address.
    static let script = "/etc/quarterdeck/etcd-address"

    /// The path of the lines that are added to the service.
    var dropIn: String { "/etc/systemd/system/\(service).d/quarterdeck.conf" }

    /// What is added to the service.
    ///
    /// A member is up when all have come: that has no limit. One that fails before tries again, which
    /// `quarterdeck discovery` allows as long as others are awaited. The name is the machine ID, as names have to
    /// differ.
    var dropInText: String {
        """
        [Unit]
        Wants=network-online.target
        After=network-online.target
        StartLimitIntervalSec=0

        [Service]
        TimeoutStartSec=infinity
        Restart=on-failure
        RestartSec=2
        Environment=ETCD_NAME=%m
        Environment=ETCD_DATA_DIR=/var/lib/etcd/quarterdeck
        Environment="ETCD_DISCOVERY=\(discovery.replacing("%", with: "%%"))"
        Environment=ETCD_DISCOVERY_FALLBACK=exit
        EnvironmentFile=-/run/quarterdeck-etcd/env
        ExecStartPre=+/bin/sh \(Self.script)

        """
    }

    /// Writes the addresses of the way to the discovery server, which is the way to the peers.
    var scriptText: String {
        """
        #!/bin/sh
        # The address of this VM, as its peers see it, for etcd.
        set -eu
        there=$(getent ahosts \(discovery.urlHost.shellQuoted) | { read -r address rest; echo "$address"; })
        address=$(ip -o route get "$there" | sed -n 's/.* src \\([^ ]*\\).*/\\1/p')
        [ -n "$address" ]
        case $address in *:*) address="[$address]" ;; esac
        mkdir -p /run/quarterdeck-etcd
        cat > /run/quarterdeck-etcd/env <<END
        ETCD_INITIAL_ADVERTISE_PEER_URLS=http://$address:2380
        ETCD_LISTEN_PEER_URLS=http://$address:2380
        ETCD_ADVERTISE_CLIENT_URLS=http://$address:2379
        ETCD_LISTEN_CLIENT_URLS=http://$address:2379,http://127.0.0.1:2379
        END

        """
    }
}

extension String {
    /// One word for a shell, whatever is in it.
    var shellQuoted: String { "'" + replacing("'", with: "'\\''") + "'" }
}
