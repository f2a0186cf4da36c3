import ArgumentParser

extension AgentOptions {
    /// Every option by its name, with what was asked; nil where nothing was.
    var named: [(name: String, values: [String])] {
        func one(_ name: String, _ value: String?) -> (name: String, values: [String]) {
            (name, value.map { [$0] } ?? [])
        }
        // Nothing asked is nothing named: what cannot be read here has no other value than the usual.
        let usual = (try? AgentOptions.parse([])) ?? self
        return [
            one("config", config), one("cluster", cluster), ("store", store), one("store-ca", storeCA),
            one("store-cert", storeCert), one("store-key", storeKey), one("store-user", storeUser),
            one("store-password-file", storePasswordFile), one("name", name), one("machine-id", machineID),
            one("vm", vm), one("metadata", metadata.isEmpty ? nil : metadata), one("address", address),
            one("listen", listen == usual.listen ? nil : listen), ("fleet-listen", fleetListen),
            one("api-cert", api.apiCert),
            one("api-key", api.apiKey), one("api-ca", api.apiCA), one("api-token-file", api.apiTokenFile),
            one("state-dir", stateDir == usual.stateDir ? nil : stateDir),
            one("unit-manager", unitManager?.rawValue),
            one("units-dir", unitsDir == usual.unitsDir ? nil : unitsDir), one("cpu", cpu), one("memory", memory),
            one("ttl", ttl == usual.ttl ? nil : "\(ttl)"), one("grace", grace == usual.grace ? nil : "\(grace)"),
        ]
    }
}
