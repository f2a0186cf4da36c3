import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import Web

/// What an agent is told on its command line.
struct AgentOptions: ParsableArguments {
    @Option(help: "A file with these options, a line 'name = value' each; the command line wins.")
    var config: String?
    @Option(help: "Where the cluster's store answers; may be given several times, or with commas.")
    var store: [String] = ["http://127.0.0.1:2379"]
    @Option(help: "The file of the certificate authority that the store's certificate is checked against.")
    var storeCA: String?
    @Option(help: "The file of this machine's certificate for the store.")
    var storeCert: String?
    @Option(help: "The file of that certificate's key.")
    var storeKey: String?
    @Option(help: "The store's user.")
    var storeUser: String?
    @Option(help: "The file that holds the user's password.")
    var storePasswordFile: String?
    @Option(help: "The cluster that this machine belongs to.")
    var cluster: String?
    @Option(help: "The machine's ID; from /etc/machine-id unless given.")
    var machineID: String?
    @Option(help: "The ID of the VM this machine is; from the DMI product UUID unless given.")
    var vm: String?
    @Option(help: "The machine's name; the host name unless given.")
    var name: String?
    @Option(help: "Metadata used for placing, as key=value,key=value.")
    var metadata: String = ""
    @Option(help: "Where the agent's API listens: HOST:PORT, or unix:PATH.")
    var listen: String = "127.0.0.1:0"
    @Option(
        help: """
            Where fleet's API is served besides, HOST:PORT or unix:PATH; may be given several times. The agent's API \
            has it always.
            """)
    var fleetListen: [String] = []
    @Option(help: "The address others reach this machine at; that of the way to the store unless given.")
    var address: String?
    @OptionGroup var api: APIOptions
    @Option(help: "Where units, logs and the lease are kept.")
    var stateDir: String = "/var/lib/quarterdeck"
    @Option(help: "What carries units out; systemd where it runs unless given.")
    var unitManager: UnitManagerKind?
    @Option(help: "Where unit files stand for systemd: gone after a reboot.")
    var unitsDir: String = "/run/quarterdeck/units"
    @Option(help: "Processor for units that ask for it, in cores.")
    var cpu: String?
    @Option(help: "Memory for units that ask for it, such as 4G.")
    var memory: String?
    @Option(help: "How many seconds the machine may be silent before its units move.")
    var ttl: Int64 = 5
    @Option(
        help: """
            After how many seconds without the store units stop that another machine may run by then, unless no \
            machine hears the store; 0 for never.
            """)
    var grace: Int64 = 60

    var graceTime: Duration? { grace > 0 ? .seconds(grace) : nil }

    /// What carries units out.
    enum UnitManagerKind: String, ExpressibleByArgument, CaseIterable {
        case systemd, processes
        /// Units only say that they run: for measuring stores and schedulers.
        case imagined

        /// - Source: sd_booted(3).
        static var usual: UnitManagerKind { access("/run/systemd/system", F_OK) == 0 ? .systemd : .processes }
    }

    mutating func validate() throws {
        guard (2...3_600).contains(ttl) else { throw ValidationError("--ttl must be 2 to 3600 seconds") }
        guard grace == 0 || (ttl + 10...86_400).contains(grace) else {
            throw ValidationError("--grace must be 0, or 10 seconds more than --ttl up to 86400")
        }
        if let cpu, Quantity.milliCPU(cpu) == nil { throw ValidationError("--cpu '\(cpu)' is no number of cores") }
        if let memory, Quantity.mebibytes(memory) == nil { throw ValidationError("--memory '\(memory)' is no amount") }
        if let cluster, UnitName.isHostile(cluster) {
            throw ValidationError("--cluster '\(SafeText.name(cluster))' is no cluster name")
        }
        if let address, !Address.isPlain(address) {
            throw ValidationError("--address '\(SafeText.name(address))' is no IP address and no host name")
        }
        _ = try listenAddress()
        _ = try fleetAddresses()
        _ = try Self.pairs(metadata)
    }

    func listenAddress() throws -> WebAddress {
        guard let address = WebAddress(listen) else {
            throw ValidationError("--listen '\(listen)' is neither HOST:PORT nor unix:PATH")
        }
        return address
    }

    func fleetAddresses() throws -> [WebAddress] {
        try fleetListen.map { text in
            guard let address = WebAddress(text) else {
                throw ValidationError("--fleet-listen '\(SafeText.name(text))' is neither HOST:PORT nor unix:PATH")
            }
            return address
        }
    }

    /// The address that others reach the machine at.
    private func reachableAddress() throws -> String {
        if let address { return address }
        if case .tcp(let host, _) = try listenAddress(), !["0.0.0.0", "::", "localhost"].contains(host),
            !host.hasPrefix("127."), host != "::1"
        {
            return host
        }
        let endpoints = store.flatMap { $0.split(separator: ",") }
        return endpoints.lazy.compactMap { Address.towards(String($0)) }.first ?? "127.0.0.1"
    }

    /// The metadata, without the blanks around keys and values; of a key given twice the last counts.
    static func pairs(_ text: String) throws -> [String: String] {
        var result: [String: String] = [:]
        for entry in text.split(separator: ",").map(\.trimmed) where !entry.isEmpty {
            let parts = entry.split(separator: "=", maxSplits: 1).map(\.trimmed)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw ValidationError("--metadata '\(SafeText.clean(String(entry), limit: 60))' is not key=value")
            }
            result[String(parts[0])] = String(parts[1])
        }
        return result
    }

    /// The machine as it registers.
    func machine(version: String, at now: Timestamp) throws -> Machine {
        guard let id = machineID ?? Self.firstLine("/etc/machine-id"), !id.isEmpty else {
            throw ValidationError("there is no /etc/machine-id; give --machine-id")
        }
        let host = Self.hostName()
        return Machine(
            id: ID(SafeText.name(id)), name: name ?? host,
            vm: (vm ?? Self.firstLine("/sys/class/dmi/id/product_uuid")?.lowercased()).map { ID($0) },
            address: try reachableAddress(), metadata: try Self.pairs(metadata),
            milliCPU: cpu.flatMap(Quantity.milliCPU) ?? 0, memoryMiB: memory.flatMap(Quantity.mebibytes) ?? 0,
            version: version, started: now)
    }

    static func hostName() -> String {
        firstLine("/proc/sys/kernel/hostname") ?? "localhost"
    }

    /// Differs after each boot of the machine.
    static func bootID() -> String {
        let own = getenv("QUARTERDECK_BOOT").map { String(cString: $0) } ?? ""
        return own + (firstLine("/proc/sys/kernel/random/boot_id") ?? "")
    }

    private static func firstLine(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        guard fgets(&buffer, 256, file) != nil else { return nil }
        let text = String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty ? nil : text
    }
}

extension UnitName {
    /// Whether a text could not be part of a key: clusters are named by letters, digits, `-`, `_` and `.`.
    package static func isHostile(_ text: String) -> Bool {
        text.isEmpty || text.utf8.count > 128 || text.hasPrefix("-") || text.hasPrefix(".")
            || !text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
}
