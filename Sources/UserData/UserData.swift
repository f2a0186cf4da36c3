import Model

/// The form of a VM's user data.
public enum UserDataFormat: String, Hashable, Sendable, CaseIterable {
    /// Ignition 3.3.0: Flatcar since release 3185, Fedora CoreOS.
    case ignition
    /// `#cloud-config`: Debian, Ubuntu.
    case cloudInit
}

/// The user data of a VM that joins a cluster by itself.
public enum UserData {
    /// How long it may be, in characters of base64.
    ///
    /// - Source: Nova's schema of `user_data`.
    public static let limit = 65_535

    /// The text, before base64.
    public static func text(_ plan: JoinPlan, format: UserDataFormat) throws(UserDataError) -> String {
        try plan.check()
        let text =
            switch format {
            case .ignition: IgnitionText(plan).text
            case .cloudInit: CloudConfigText(plan).text
            }
        let characters = (text.utf8.count + 2) / 3 * 4
        guard characters <= limit else { throw .tooLong(characters: characters) }
        return text
    }
}

/// A file that a VM is given.
struct GuestFile {
    let path: String
    let mode: GuestFileMode
    let text: String

    init(_ path: String, _ text: String, mode: GuestFileMode = .readable) {
        self.path = path
        self.mode = mode
        self.text = text
    }
}

/// What others than root may do with a file.
enum GuestFileMode: String {
    case readable = "0644"
    case secret = "0600"

    /// As a number in base 10, which is how JSON has it.
    var number: Int {
        switch self {
        case .readable: 0o644
        case .secret: 0o600
        }
    }
}

extension JoinPlan {
    private static let caPath = "/etc/quarterdeck/store-ca.pem"
    private static let tokenPath = "/etc/quarterdeck/join-token"

    /// The files that do not depend on the VM's system.
    var files: [GuestFile] {
        var files = [GuestFile(AgentService.configurationPath, AgentService.configuration(options))]
        if let storeCA { files.append(GuestFile(Self.caPath, storeCA.hasSuffix("\n") ? storeCA : storeCA + "\n")) }
        if let joinToken { files.append(GuestFile(Self.tokenPath, joinToken.secret + "\n", mode: .secret)) }
        return files
    }

    /// The agent's options.
    ///
    /// The VM's ID is not among them: nobody knows it before the VM is there. The agent reads it there.
    private var options: [(name: String, value: String)] {
        let own = etcdDiscovery == nil ? [] : ["http://127.0.0.1:2379"]
        var options = [("cluster", cluster.text)]
        options += (storeEndpoints.isEmpty ? own : storeEndpoints).map { ("store", $0) }
        if storeCA != nil { options.append(("store-ca", Self.caPath)) }
        if let joinToken { options += [("store-user", joinToken.user), ("store-password-file", Self.tokenPath)] }
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            options.append(("metadata", pairs.joined(separator: ",")))
        }
        return options + agentOptions.map { ($0.name, $0.value) }
    }
}
