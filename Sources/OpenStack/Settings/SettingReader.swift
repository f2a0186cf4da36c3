/// Reads one cloud's keys into settings.
struct SettingReader {
    let name: String
    let table: SettingTable
    private let auth: SettingTable

    init(name: String, table: SettingTable) throws {
        self.name = name
        self.table = table
        auth = try table.table("auth") ?? SettingTable(.map([:], table.place), path: "\(table.path).auth")
    }

    /// - Throws: `OpenStackError.settings`.
    func settings() throws -> OpenStackSettings {
        let profile = try table.text("profile", "cloud")
        guard let url = try value("auth_url") else {
            if let profile {
                throw table.missing(
                    "auth.auth_url",
                    "the profile '\(profile)' of a vendor is not read here: write what it says yourself")
            }
            throw table.missing("auth.auth_url", "write Keystone's address there: https://cloud.example:5000/v3")
        }
        try check(url)
        let credentials = try credentials()
        var settings = OpenStackSettings(
            name: name, authURL: url, credentials: credentials, scope: try scope(credentials), origin: origin)
        settings.region = try table.text("region_name", "region")
        settings.interface = try interface()
        settings.verifies = try table.flag("verify") ?? !(table.flag("insecure") ?? false)
        settings.cacert = try table.text("cacert", "ca_cert")
        settings.cert = try table.text("cert")
        settings.key = try table.text("key")
        for key in table.values.keys.sorted() where key.hasSuffix("_endpoint_override") {
            settings.overrides[String(key.dropLast("_endpoint_override".count))] = try table.text(key)
        }
        if let profile {
            settings.warnings.append(
                "\(table.place.words): the profile '\(profile)' of cloud '\(name)' is not read here")
        }
        if !settings.verifies {
            settings.warnings.append(
                "certificates of cloud '\(name)' are not checked; name its authority with 'cacert' instead")
        }
        return settings
    }

    private var origin: String { table.path == "OS" ? "the environment" : table.place.words }

    /// Keys of `auth` may stand beside it, as in old files.
    private func value(_ keys: String...) throws -> String? {
        for key in keys {
            if let found = try auth.text(key) ?? table.text(key) { return found }
        }
        return nil
    }

    private func check(_ url: String) throws {
        let rest = url.hasPrefix("https://") ? url.dropFirst(8) : url.hasPrefix("http://") ? url.dropFirst(7) : ""
        let host = rest.prefix { $0 != "/" }
        if host.contains("@") {
            throw OpenStackError.settings(
                "\(origin): 'auth_url' of cloud '\(name)' holds a user or a password; write them as 'username' and "
                    + "'password'")
        }
        if host.isEmpty || url.contains(where: { $0 == " " || $0.isNewline }) {
            throw OpenStackError.settings(
                "\(origin): 'auth_url' of cloud '\(name)' is no address; write it like https://cloud.example:5000/v3")
        }
    }

    private func interface() throws -> String {
        guard let word = try table.text("interface", "endpoint_type") else { return "public" }
        let short = word.hasSuffix("URL") ? String(word.dropLast(3)) : word
        guard ["public", "internal", "admin"].contains(short) else {
            throw OpenStackError.settings(
                "\(origin): 'interface' of cloud '\(name)' is '\(word)'; it can be public, internal or admin")
        }
        return short
    }

    private func credentials() throws -> Credentials {
        let type =
            try table.text("auth_type", "auth_plugin")
            ?? (value("application_credential_secret") != nil
                ? "v3applicationcredential" : "password")
        switch type {
        case "password", "v3password":
            guard let password = try value("password") else {
                throw table.missing("auth.password", "write it in a secure.yaml beside, readable by you alone")
            }
            return .password(user: try user(), Secret(password))
        case "v3applicationcredential":
            guard let secret = try value("application_credential_secret") else {
                throw table.missing("auth.application_credential_secret", "write it in a secure.yaml beside")
            }
            if let id = try value("application_credential_id") { return .applicationCredential(id: id, Secret(secret)) }
            guard let own = try value("application_credential_name") else {
                throw table.missing("auth.application_credential_id", "write the one that belongs to the secret")
            }
            return .namedApplicationCredential(own, user: try user(), Secret(secret))
        case "token", "v3token":
            guard let token = try value("token") else {
                throw table.missing("auth.token", "write the one that 'openstack token issue' prints")
            }
            return .token(Secret(token))
        default:
            throw OpenStackError.settings(
                "\(origin): 'auth_type' of cloud '\(name)' is '\(type)'; known here are password, "
                    + "v3applicationcredential and token")
        }
    }

    private func user() throws -> KeystoneName {
        if let id = try value("user_id") { return .id(id) }
        guard let name = try value("username", "user_name") else {
            throw table.missing("auth.username", "write the name of the cloud's user")
        }
        return .name(name, domain: try domain("user_domain"))
    }

    /// Keystone's own first domain where none is given, as its old clients have it.
    private func domain(_ key: String) throws -> KeystoneName.Domain {
        if let id = try value("\(key)_id") { return .id(id) }
        if let name = try value("\(key)_name") { return .name(name) }
        return .id(try value("default_domain_id", "default_domain") ?? "default")
    }

    private func scope(_ credentials: Credentials) throws -> LoginScope {
        switch credentials {
        case .applicationCredential, .namedApplicationCredential: return .unnamed
        case .password, .token: break
        }
        if let id = try value("project_id", "tenant_id") { return .project(.id(id)) }
        if let name = try value("project_name", "tenant_name") {
            return .project(.name(name, domain: try domain("project_domain")))
        }
        if try value("system_scope") != nil { return .system }
        if let id = try value("domain_id") { return .domain(.id(id)) }
        if let name = try value("domain_name") { return .domain(.name(name)) }
        return .unnamed
    }
}
