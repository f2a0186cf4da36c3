/// What user data is, word for word; `UNIT` stands for the agent's service.
enum Golden {
    static let cloudInit = [
        "small": #"""
        #cloud-config
        write_files:
          - path: "/etc/quarterdeck/agent.conf"
            permissions: "0644"
            content: |
              # The options of 'quarterdeck-agent', a line each; '#' begins a comment.
              cluster = shop
              store = http://10.0.0.1:2379
          - path: "/etc/systemd/system/quarterdeck-agent.service"
            permissions: "0644"
            content: |
              UNIT
          - path: "/etc/quarterdeck/join"
            permissions: "0644"
            content: |
              #!/bin/sh
              # Joins the cluster; does nothing by halves.
              set -eu
              systemctl daemon-reload
              systemctl enable --now quarterdeck-agent.service
        runcmd:
          - [sh, "/etc/quarterdeck/join"]

        """#,
        "large": #"""
        #cloud-config
        hostname: "shop-4.example"
        ssh_authorized_keys:
          - "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@example"
        write_files:
          - path: "/etc/quarterdeck/agent.conf"
            permissions: "0644"
            content: |
              # The options of 'quarterdeck-agent', a line each; '#' begins a comment.
              cluster = shop
              store = https://10.0.0.1:2379
              store = https://10.0.0.2:2379
              store-ca = /etc/quarterdeck/store-ca.pem
              store-user = join
              store-password-file = /etc/quarterdeck/join-token
              metadata = disk=ssd,zone=a b
          - path: "/etc/quarterdeck/store-ca.pem"
            permissions: "0644"
            content: |
              -----BEGIN CERTIFICATE-----
              MIIBszCCAVmgAwIBAgIUFzDUQ0V0mQ==
              -----END CERTIFICATE-----
          - path: "/etc/quarterdeck/join-token"
            permissions: "0600"
            content: |
              s3cret
          - path: "/etc/systemd/system/quarterdeck-agent.service"
            permissions: "0644"
            content: |
              UNIT
          - path: "/etc/quarterdeck/join"
            permissions: "0644"
            content: |
              #!/bin/sh
              # Joins the cluster; does nothing by halves.
              set -eu
              new=/usr/local/bin/quarterdeck-agent.new
              fetch() {
                if command -v curl >/dev/null
                then curl -fsSL --retry 5 --max-time 600 -o "$new" 'https://files.example/quarterdeck-agent?v=1&os=linux'
                else wget -q --tries=5 -O "$new" 'https://files.example/quarterdeck-agent?v=1&os=linux'
                fi
              }
              fetch || { sleep 10; fetch; }
              echo "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  $new" | sha256sum -c --quiet || { rm -f "$new"; exit 1; }
              chmod 755 "$new"
              mv "$new" /usr/local/bin/quarterdeck-agent
              systemctl daemon-reload
              systemctl enable --now quarterdeck-agent.service
        runcmd:
          - [sh, "/etc/quarterdeck/join"]

        """#,
        "member": #"""
        #cloud-config
        packages:
          - etcd-server
        write_files:
          - path: "/etc/quarterdeck/agent.conf"
            permissions: "0644"
            content: |
              # The options of 'quarterdeck-agent', a line each; '#' begins a comment.
              cluster = 3e86b59982e49066c5d813af1c2e2579cbf573de
              store = http://127.0.0.1:2379
          - path: "/etc/systemd/system/quarterdeck-agent.service"
            permissions: "0644"
            content: |
              UNIT
          - path: "/etc/systemd/system/etcd.service.d/quarterdeck.conf"
            permissions: "0644"
            content: |
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
              Environment="ETCD_DISCOVERY=http://10.0.0.9:8087/3e86b59982e49066c5d813af1c2e2579cbf573de"
              Environment=ETCD_DISCOVERY_FALLBACK=exit
              EnvironmentFile=-/run/quarterdeck-etcd/env
              ExecStartPre=+/bin/sh /etc/quarterdeck/etcd-address
          - path: "/etc/quarterdeck/etcd-address"
            permissions: "0644"
            content: |
              #!/bin/sh
              # The address of this VM, as its peers see it, for etcd.
              set -eu
              there=$(getent ahosts '10.0.0.9' | { read -r address rest; echo "$address"; })
              address=$(ip -o route get "$there" | sed -n 's/.* src \([^ ]*\).*/\1/p')
              [ -n "$address" ]
              case $address in *:*) address="[$address]" ;; esac
              mkdir -p /run/quarterdeck-etcd
              cat > /run/quarterdeck-etcd/env <<END
              ETCD_INITIAL_ADVERTISE_PEER_URLS=http://$address:2380
              ETCD_LISTEN_PEER_URLS=http://$address:2380
              ETCD_ADVERTISE_CLIENT_URLS=http://$address:2379
              ETCD_LISTEN_CLIENT_URLS=http://$address:2379,http://127.0.0.1:2379
              END
          - path: "/etc/quarterdeck/join"
            permissions: "0644"
            content: |
              #!/bin/sh
              # Joins the cluster; does nothing by halves.
              set -eu
              systemctl daemon-reload
              [ -e /run/quarterdeck-etcd/env ] || systemctl restart --no-block etcd.service
              systemctl enable etcd.service
              systemctl enable --now quarterdeck-agent.service
        runcmd:
          - [sh, "/etc/quarterdeck/join"]

        """#,
    ]
    static let ignition = [
        "small": #"""
        {
          "ignition": {
            "version": "3.3.0"
          },
          "storage": {
            "files": [
              {
                "path": "/etc/quarterdeck/agent.conf",
                "mode": 420,
                "overwrite": true,
                "contents": {
                  "source": "data:,%23%20The%20options%20of%20%27quarterdeck-agent%27%2C%20a%20line%20each%3B%20%27%23%27%20begins%20a%20comment.%0Acluster%20=%20shop%0Astore%20=%20http://10.0.0.1:2379%0A"
                }
              }
            ]
          },
          "systemd": {
            "units": [
              {
                "name": "quarterdeck-agent.service",
                "enabled": true,
        UNIT
              }
            ]
          }
        }

        """#,
        "large": #"""
        {
          "ignition": {
            "version": "3.3.0"
          },
          "passwd": {
            "users": [
              {
                "name": "core",
                "sshAuthorizedKeys": [
                  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@example"
                ]
              }
            ]
          },
          "storage": {
            "files": [
              {
                "path": "/etc/quarterdeck/agent.conf",
                "mode": 420,
                "overwrite": true,
                "contents": {
                  "source": "data:,%23%20The%20options%20of%20%27quarterdeck-agent%27%2C%20a%20line%20each%3B%20%27%23%27%20begins%20a%20comment.%0Acluster%20=%20shop%0Astore%20=%20https://10.0.0.1:2379%0Astore%20=%20https://10.0.0.2:2379%0Astore-ca%20=%20/etc/quarterdeck/store-ca.pem%0Astore-user%20=%20join%0Astore-password-file%20=%20/etc/quarterdeck/join-token%0Ametadata%20=%20disk=ssd%2Czone=a%20b%0A"
                }
              },
              {
                "path": "/etc/quarterdeck/store-ca.pem",
                "mode": 420,
                "overwrite": true,
                "contents": {
                  "source": "data:,-----BEGIN%20CERTIFICATE-----%0AMIIBszCCAVmgAwIBAgIUFzDUQ0V0mQ==%0A-----END%20CERTIFICATE-----%0A"
                }
              },
              {
                "path": "/etc/quarterdeck/join-token",
                "mode": 384,
                "overwrite": true,
                "contents": {
                  "source": "data:,s3cret%0A"
                }
              },
              {
                "path": "/etc/hostname",
                "mode": 420,
                "overwrite": true,
                "contents": {
                  "source": "data:,shop-4.example%0A"
                }
              },
              {
                "path": "/opt/bin/quarterdeck-agent",
                "mode": 493,
                "overwrite": true,
                "contents": {
                  "source": "https://files.example/quarterdeck-agent?v=1&os=linux",
                  "verification": {
                    "hash": "sha256-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                  }
                }
              }
            ]
          },
          "systemd": {
            "units": [
              {
                "name": "quarterdeck-agent.service",
                "enabled": true,
        UNIT
              }
            ]
          }
        }

        """#,
        "member": #"""
        {
          "ignition": {
            "version": "3.3.0"
          },
          "storage": {
            "files": [
              {
                "path": "/etc/quarterdeck/agent.conf",
                "mode": 420,
                "overwrite": true,
                "contents": {
                  "source": "data:,%23%20The%20options%20of%20%27quarterdeck-agent%27%2C%20a%20line%20each%3B%20%27%23%27%20begins%20a%20comment.%0Acluster%20=%203e86b59982e49066c5d813af1c2e2579cbf573de%0Astore%20=%20http://127.0.0.1:2379%0A"
                }
              },
              {
                "path": "/etc/quarterdeck/etcd-address",
                "mode": 420,
                "overwrite": true,
                "contents": {
                  "source": "data:,%23%21/bin/sh%0A%23%20The%20address%20of%20this%20VM%2C%20as%20its%20peers%20see%20it%2C%20for%20etcd.%0Aset%20-eu%0Athere=%24%28getent%20ahosts%20%2710.0.0.9%27%20%7C%20%7B%20read%20-r%20address%20rest%3B%20echo%20%22%24address%22%3B%20%7D%29%0Aaddress=%24%28ip%20-o%20route%20get%20%22%24there%22%20%7C%20sed%20-n%20%27s/.%2A%20src%20%5C%28%5B%5E%20%5D%2A%5C%29.%2A/%5C1/p%27%29%0A%5B%20-n%20%22%24address%22%20%5D%0Acase%20%24address%20in%20%2A:%2A%29%20address=%22%5B%24address%5D%22%20%3B%3B%20esac%0Amkdir%20-p%20/run/quarterdeck-etcd%0Acat%20%3E%20/run/quarterdeck-etcd/env%20%3C%3CEND%0AETCD_INITIAL_ADVERTISE_PEER_URLS=http://%24address:2380%0AETCD_LISTEN_PEER_URLS=http://%24address:2380%0AETCD_ADVERTISE_CLIENT_URLS=http://%24address:2379%0AETCD_LISTEN_CLIENT_URLS=http://%24address:2379%2Chttp://127.0.0.1:2379%0AEND%0A"
                }
              }
            ]
          },
          "systemd": {
            "units": [
              {
                "name": "quarterdeck-agent.service",
                "enabled": true,
        UNIT
              },
              {
                "name": "etcd-member.service",
                "enabled": true,
                "dropins": [
                  {
                    "name": "quarterdeck.conf",
                    "contents": "[Unit]\nWants=network-online.target\nAfter=network-online.target\nStartLimitIntervalSec=0\n\n[Service]\nTimeoutStartSec=infinity\nRestart=on-failure\nRestartSec=2\nEnvironment=ETCD_NAME=%m\nEnvironment=ETCD_DATA_DIR=/var/lib/etcd/quarterdeck\nEnvironment=\"ETCD_DISCOVERY=http://10.0.0.9:8087/3e86b59982e49066c5d813af1c2e2579cbf573de\"\nEnvironment=ETCD_DISCOVERY_FALLBACK=exit\nEnvironmentFile=-/run/quarterdeck-etcd/env\nExecStartPre=+/bin/sh /etc/quarterdeck/etcd-address\n"
                  }
                ]
              }
            ]
          }
        }

        """#,
    ]
}
