/// How one OpenStack cloud is reached, as openstacksdk reads it from `clouds.yaml` or `OS_*`.
public struct OpenStackSettings: Hashable, Sendable {
    /// The cloud's name there; `envvars` when it comes from the environment.
    public var name: String
    /// Keystone's address, without `/v3` and without a slash at its end.
    public var authURL: String
    /// Who we are.
    public var credentials: Credentials
    /// What the token is to be good for.
    public var scope: LoginScope
    /// The region; nil when there is only one.
    public var region: String?
    /// `public`, `internal` or `admin`.
    public var interface = "public"
    /// The file of the authorities that certificates are checked against; nil for the computer's.
    public var cacert: String?
    /// Certificates are checked.
    public var verifies = true
    /// Our own certificate.
    public var cert: String?
    /// Its key.
    public var key: String?
    /// Addresses that count more than the catalog's, by service: `compute`.
    public var overrides: [String: String] = [:]
    /// What is unwise about the settings, a sentence each.
    public var warnings: [String] = []
    /// Where they come from, for messages.
    public var origin: String

    /// Settings of that much.
    public init(
        name: String, authURL: String, credentials: Credentials, scope: LoginScope, origin: String = "settings"
    ) {
        self.name = name
        self.authURL = Self.base(authURL)
        self.credentials = credentials
        self.scope = scope
        self.origin = origin
    }

    /// Reads the settings of a cloud.
    ///
    /// - Parameter cloud: its name; nil for `OS_CLOUD`, else for what the other `OS_*` say, else for the only one
    /// - Throws: `OpenStackError.settings`: a sentence with the file, the key and the remedy.
    public static func load(
        cloud: String?, environment: [String: String], places: SettingPlaces? = nil
    ) throws -> OpenStackSettings {
        let files = try SettingFiles(environment, places ?? SettingPlaces(environment: environment))
        let names = (files.clouds ?? [:]).keys.sorted()
        let hasVariables = environment["OS_AUTH_URL"]?.isEmpty == false
        let asked = cloud ?? environment["OS_CLOUD"].flatMap { $0.isEmpty ? nil : $0 }
        guard let name = asked ?? (hasVariables ? "envvars" : names.count == 1 ? names.first : nil) else {
            throw OpenStackError.settings(
                names.isEmpty
                    ? "no cloud is set up: none of \(list(files.searched)) is there, "
                        + "and OS_AUTH_URL is not set; write a clouds.yaml"
                    : "which cloud? name one of \(list(names)) of '\(files.file ?? "")', or set OS_CLOUD")
        }
        if let value = files.clouds?[name] {
            let table = try SettingTable(value, path: "clouds.\(name)")
            var settings = try SettingReader(name: name, table: table).settings()
            settings.warnings = files.warnings + settings.warnings
            return settings.atHome(environment)
        }
        guard name == "envvars", hasVariables else {
            let there = names.isEmpty ? "there are none" : "there are \(list(names))"
            throw OpenStackError.settings(
                "cloud '\(name)' is not in '\(files.file ?? files.searched.first ?? "clouds.yaml")': \(there); "
                    + "name one of those, or add it")
        }
        return try SettingReader(name: name, table: SettingTable(variables(environment), path: "OS")).settings()
            .atHome(environment)
    }

    /// With `~` at the beginning of files read as the user's directory.
    private func atHome(_ environment: [String: String]) -> OpenStackSettings {
        guard let home = environment["HOME"] else { return self }
        let whole = { (path: String?) in path.map { $0.hasPrefix("~/") ? home + $0.dropFirst() : $0 } }
        var settings = self
        settings.cacert = whole(cacert)
        settings.cert = whole(cert)
        settings.key = whole(key)
        return settings
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(20).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    }

    /// The variables as a cloud of `clouds.yaml`: `OS_USERNAME` is `username`.
    private static func variables(_ environment: [String: String]) -> SettingValue {
        let place = SettingPlace(file: "the environment")
        let pairs = environment.filter { $0.key.hasPrefix("OS_") && !$0.value.isEmpty }
        return .map(
            Dictionary(
                uniqueKeysWithValues: pairs.map { (String($0.key.dropFirst(3)).lowercased(), .text($0.value, place)) }),
            place)
    }

    /// Keystone's address without its version.
    static func base(_ url: String) -> String {
        var text = url[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        for version in ["/v3", "/v2.0"] where text.hasSuffix(version) { text = text.dropLast(version.count) }
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text)
    }
}
