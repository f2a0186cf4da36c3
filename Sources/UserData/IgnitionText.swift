/// User data as Ignition 3.3.0 has it.
///
/// Flatcar has read 3.3.0 since release 3185, and every later Ignition of 3.x reads it; newer versions, not all do.
/// - Source: the configuration specification v3.3.0.
struct IgnitionText {
    private let plan: JoinPlan
    /// A folder that exists nowhere yet and may be written on Flatcar and Fedora CoreOS alike.
    private static let agentPath = "/opt/bin/quarterdeck-agent"

    init(_ plan: JoinPlan) {
        self.plan = plan
    }

    var text: String { config.text() + "\n" }

    private var config: JSONText {
        var config: [(String, JSONText)] = [("ignition", .object([("version", .string("3.3.0"))]))]
        if !plan.sshKeys.isEmpty {
            let core: JSONText = .object([
                ("name", .string("core")), ("sshAuthorizedKeys", .list(plan.sshKeys.map { .string($0) })),
            ])
            config.append(("passwd", .object([("users", .list([core]))])))
        }
        config.append(("storage", .object([("files", .list(files))])))
        config.append(("systemd", .object([("units", .list(units))])))
        return .object(config)
    }

    private var files: [JSONText] {
        var all = plan.files
        if let member { all.append(GuestFile(EtcdMember.script, member.scriptText)) }
        if let hostname = plan.hostname { all.append(GuestFile("/etc/hostname", hostname + "\n")) }
        var files = all.map {
            Self.file($0.path, mode: $0.mode.number, contents: [("source", .string("data:," + $0.text.dataEncoded))])
        }
        if case .download(let url, let sha256) = plan.agent {
            let hash: JSONText = .object([("hash", .string("sha256-" + sha256.lowercased()))])
            let contents: [(String, JSONText)] = [("source", .string(url)), ("verification", hash)]
            files.append(Self.file(Self.agentPath, mode: 0o755, contents: contents))
        }
        return files
    }

    private var units: [JSONText] {
        let path =
            switch plan.agent {
            case .inImage(let path): path
            case .download: Self.agentPath
            }
        var units: [JSONText] = [
            .object([
                ("name", .string(AgentService.name)), ("enabled", .bool(true)),
                ("contents", .string(AgentService.unit(command: [path]))),
            ])
        ]
        if let member {
            let dropIn: JSONText = .object([
                ("name", .string("quarterdeck.conf")), ("contents", .string(member.dropInText)),
            ])
            units.append(
                .object([
                    ("name", .string(member.service)), ("enabled", .bool(true)), ("dropins", .list([dropIn])),
                ]))
        }
        return units
    }

    private var member: EtcdMember? {
        plan.etcdDiscovery.map { EtcdMember(service: "etcd-member.service", discovery: $0) }
    }

    private static func file(_ path: String, mode: Int, contents: [(String, JSONText)]) -> JSONText {
        .object([
            ("path", .string(path)), ("mode", .number(mode)), ("overwrite", .bool(true)),
            ("contents", .object(contents)),
        ])
    }
}

extension String {
    /// As the data of a `data:` address.
    ///
    /// - Source: RFC 2397, `urlchar`.
    fileprivate var dataEncoded: String {
        var result = ""
        for byte in utf8 {
            if byte.isAlphanumeric || "-._~/:=".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return result
    }
}
