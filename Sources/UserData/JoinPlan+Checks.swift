import Model

extension JoinPlan {
    /// Refuses what the files of a VM cannot hold without meaning something else.
    func check() throws(UserDataError) {
        try fit("cluster", cluster.text, "letters, digits, '-', '_' and '.', at most 128") { text in
            !text.isEmpty && text.utf8.count <= 128 && !text.hasPrefix("-") && !text.hasPrefix(".")
                && text.utf8.allSatisfy { $0.isAlphanumeric || "-_.".utf8.contains($0) }
        }
        guard !storeEndpoints.isEmpty || etcdDiscovery != nil else { throw .noStore }
        for endpoint in storeEndpoints { try fitURL("store endpoint", endpoint) }
        if let etcdDiscovery {
            try fitURL("discovery address", etcdDiscovery)
            try fit("discovery address", etcdDiscovery, "its host is missing") { !$0.urlHost.isEmpty }
        }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            try fit("metadata", "\(key)=\(value)", "no commas, blanks at the ends or control characters; '=' once") {
                _ in
                !key.isEmpty && !value.isEmpty && !key.contains("=")
                    && [key, value].allSatisfy { $0.isPlainLine && !$0.contains(",") && $0 == $0.withoutBlanksAtEnds }
            }
        }
        try checkAgent()
        try checkPeople()
    }

    private func checkAgent() throws(UserDataError) {
        switch agent {
        case .inImage(let path):
            try fit("agent's path", path, "an absolute path of letters, digits and '-_./+', outside of /home and /tmp")
            {
                path in
                path.hasPrefix("/") && !path.hasSuffix("/")
                    && path.utf8.allSatisfy { $0.isAlphanumeric || "-_./+".utf8.contains($0) }
                    && !["/root/", "/home/", "/tmp/", "/var/tmp/"].contains(where: path.hasPrefix)
            }
        case .download(let url, let sha256):
            try fitURL("agent's address", url)
            try fit("agent's SHA-256", sha256, "64 hexadecimal digits") { text in
                text.utf8.count == 64 && text.utf8.allSatisfy { $0.isHexadecimal }
            }
        }
    }

    private func checkPeople() throws(UserDataError) {
        if let storeCA {
            try fit("certificate authority", storeCA, "a certificate as PEM, of printable ASCII lines") { text in
                text.hasPrefix("-----BEGIN CERTIFICATE-----\n")
                    && text.utf8.allSatisfy { $0 == 0x0A || (0x20..<0x7F).contains($0) }
                    && !text.contains("PRIVATE KEY")
            }
        }
        if let joinToken {
            try fit("join token's user", joinToken.user, "one line without blanks at its ends") { text in
                text.isPlainLine && !text.isEmpty && text == text.withoutBlanksAtEnds
            }
            try fit("join token", "…", "one line without blanks at its ends") { _ in
                let secret = joinToken.secret
                return secret.isPlainLine && !secret.isEmpty && secret == secret.withoutBlanksAtEnds
            }
        }
        for option in agentOptions {
            try fit("agent option", "\(option.name) = \(option.value)", "a name of letters and '-', and one line") {
                _ in
                !option.name.isEmpty && option.name.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
                    && option.value.isPlainLine && option.value == option.value.withoutBlanksAtEnds
            }
        }
        for key in sshKeys {
            try fit("SSH key", key, "one line of authorized_keys") { $0.isPlainLine && !$0.isEmpty }
        }
        if let hostname {
            try fit("host name", hostname, "letters, digits and '-', with dots between, at most 64") { name in
                name.utf8.count <= 64
                    && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                        !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
                            && label.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
                    }
            }
        }
    }

    private func fitURL(_ field: String, _ text: String) throws(UserDataError) {
        try fit(field, text, "an http or https address of URL characters, without commas") { text in
            (text.hasPrefix("http://") || text.hasPrefix("https://")) && text.utf8.count <= 2_048
                && text.utf8.allSatisfy { $0.isAlphanumeric || "-._~:/?#[]@!$&()*+;=%".utf8.contains($0) }
                && !text.urlHost.isEmpty
        }
    }

    private func fit(
        _ field: String, _ value: String, _ wanted: String, _ fits: (String) -> Bool
    ) throws(UserDataError) {
        guard fits(value) else { throw .unfit(field: field, value: value, wanted: wanted) }
    }
}

extension UInt8 {
    var isAlphanumeric: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }

    fileprivate var isHexadecimal: Bool {
        (0x30...0x39).contains(self) || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }
}

extension String {
    /// No control characters and nothing that some reader takes for the end of a line.
    fileprivate var isPlainLine: Bool {
        unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0.value != 0x2028 && $0.value != 0x2029
        }
    }

    fileprivate var withoutBlanksAtEnds: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }

    /// The host of `scheme://user@HOST:port/…`, without the brackets of an IPv6 address.
    var urlHost: String {
        guard let start = firstRange(of: "://") else { return "" }
        let authority = self[start.upperBound...].prefix { !"/?#".contains($0) }
        let address = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        if address.hasPrefix("[") { return String(address.dropFirst().prefix { $0 != "]" }) }
        return String(address.prefix { $0 != ":" })
    }
}
