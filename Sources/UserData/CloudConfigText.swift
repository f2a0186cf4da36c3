/// User data as cloud-init has it.
///
/// - Source: cloud-init's modules `write_files`, `runcmd`, `packages`, `ssh_authorized_keys`, `hostname`.
struct CloudConfigText {
    private let plan: JoinPlan
    private static let agentPath = "/usr/local/bin/quarterdeck-agent"
    private static let joinPath = "/etc/quarterdeck/join"

    init(_ plan: JoinPlan) {
        self.plan = plan
    }

    var text: String {
        var lines = ["#cloud-config"]
        if let hostname = plan.hostname { lines.append("hostname: \(hostname.yaml)") }
        if !plan.sshKeys.isEmpty {
            lines.append("ssh_authorized_keys:")
            lines += plan.sshKeys.map { "  - \($0.yaml)" }
        }
        if member != nil { lines += ["packages:", "  - etcd-server"] }
        lines.append("write_files:")
        lines += files.flatMap(Self.lines)
        lines += ["runcmd:", "  - [sh, \(Self.joinPath.yaml)]"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ file: GuestFile) -> [String] {
        ["  - path: \(file.path.yaml)", "    permissions: \"\(file.mode.rawValue)\""] + content(file.text)
    }

    /// Text that people can read, where it means itself word for word; quoted otherwise.
    private static func content(_ text: String) -> [String] {
        let isPlain =
            text.hasSuffix("\n") && !text.hasSuffix("\n\n") && !text.hasPrefix(" ") && !text.hasPrefix("\n")
            && text.utf8.allSatisfy { $0 == 0x0A || (0x20..<0x7F).contains($0) }
        guard isPlain else { return ["    content: \(text.yaml)"] }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return ["    content: |"] + lines.map { $0.isEmpty ? "" : "      \($0)" }
    }

    private var files: [GuestFile] {
        var files = plan.files
        files.append(GuestFile("/etc/systemd/system/\(AgentService.name)", AgentService.unit(command: [program])))
        if let member {
            files.append(GuestFile(member.dropIn, member.dropInText))
            files.append(GuestFile(EtcdMember.script, member.scriptText))
        }
        files.append(GuestFile(Self.joinPath, joinScript))
        return files
    }

    private var program: String {
        switch plan.agent {
        case .inImage(let path): path
        case .download: Self.agentPath
        }
    }

    private var member: EtcdMember? {
        plan.etcdDiscovery.map { EtcdMember(service: "etcd.service", discovery: $0) }
    }

    /// The commands of `runcmd` go on after one that failed: these are one command, which does not.
    private var joinScript: String {
        var script = """
            #!/bin/sh
            # Joins the cluster; does nothing by halves.
            set -eu

            """
        if case .download(let url, let sha256) = plan.agent {
            script += """
                new=\(Self.agentPath).new
                fetch() {
                  if command -v curl >/dev/null
                  then curl -fsSL --retry 5 --max-time 600 -o "$new" \(url.shellQuoted)
                  else wget -q --tries=5 -O "$new" \(url.shellQuoted)
                  fi
                }
                fetch || { sleep 10; fetch; }
                echo "\(sha256.lowercased())  $new" | sha256sum -c --quiet || { rm -f "$new"; exit 1; }
                chmod 755 "$new"
                mv "$new" \(Self.agentPath)

                """
        }
        script += "systemctl daemon-reload\n"
        if let member {
            // A member that waits for its peers must not be started twice: discovery knows it already.
            script += """
                [ -e /run/quarterdeck-etcd/env ] || systemctl restart --no-block \(member.service)
                systemctl enable \(member.service)

                """
        }
        return script + "systemctl enable --now \(AgentService.name)\n"
    }
}

extension String {
    /// Between double quotes, of ASCII alone.
    ///
    /// - Source: YAML 1.1, 5.7, "Escape sequences"; pairs of surrogates, which JSON has, are not among them.
    fileprivate var yaml: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x0A: result += "\\n"
            case 0x20..<0x7F: result.unicodeScalars.append(scalar)
            case ..<0x1_0000: result += "\\u" + scalar.value.hexadecimal(4)
            default: result += "\\U" + scalar.value.hexadecimal(8)
            }
        }
        return result + "\""
    }
}
