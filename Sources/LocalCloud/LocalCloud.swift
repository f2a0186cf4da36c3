import FoundationEssentials
import Glibc
public import Model
public import Runtime

/// Servers and VMs on this computer: a VM is a child process that runs an agent, with a directory of its own.
///
/// **Invariant:** a VM that was not asked to end and ended is lost, with everything that ran in it.
public actor LocalCloud {
    struct Guest {
        var vm: VM
        var machine: String
        var metadata: [String: String]
        var isWanted = true
    }

    let configuration: LocalCloudConfiguration
    let clock: SystemClock
    var guests: [ID<VM>: Guest] = [:]
    /// Servers that are down, by name.
    var down: Set<String> = []
    var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
    private var nextWatcher = 0
    private let starts: AsyncStream<ID<VM>>
    let starting: AsyncStream<ID<VM>>.Continuation

    /// A cloud without VMs.
    public init(configuration: LocalCloudConfiguration, clock: SystemClock) {
        self.configuration = configuration
        self.clock = clock
        (starts, starting) = AsyncStream.makeStream(of: ID<VM>.self)
    }

    /// Carries VMs until cancelled; then ends them all.
    public func run() async {
        restore()
        await withDiscardingTaskGroup { group in
            for await vm in starts {
                group.addTask { await self.live(vm) }
            }
        }
        for guest in guests.values { endProcesses(of: guest) }
    }

    // MARK: What is asked

    /// Makes a VM on the server with the fewest VMs of its cluster, of these the one with most room.
    ///
    /// A VM of that name that is there already is what was asked for.
    public func create(_ spec: VMSpec) throws -> VM {
        if let there = guests.values.first(where: { $0.vm.name == spec.name }) { return there.vm }
        guard !spec.name.isEmpty, spec.name.utf8.allSatisfy(Self.isPlain) else {
            throw LocalCloudRefusal("'\(SafeText.name(spec.name))' is no VM name; use letters, digits, '-' and '.'")
        }
        guard
            let flavor = spec.choice.flavor.map({ name in configuration.flavors.first { $0.name == name } })
                ?? configuration.flavors.first
        else {
            throw LocalCloudRefusal(
                "cloud '\(configuration.cloud)' has no flavor '\(SafeText.name(spec.choice.flavor ?? ""))'; "
                    + "it has \(configuration.flavors.map(\.name).joined(separator: ", "))")
        }
        guard let server = roomiest(for: flavor, spec.cluster) else {
            throw LocalCloudRefusal(
                "no valid server in cloud '\(configuration.cloud)': none has \(flavor.vcpus) vCPUs and "
                    + "\(flavor.memoryMiB) MiB free; delete a VM or take a smaller flavor")
        }
        let vm = VM(
            id: ID(Self.newID()), cloud: configuration.cloud, name: spec.name, server: serverID(server.name),
            cluster: spec.cluster, customer: configuration.customers[spec.cluster]?.id, state: .building,
            flavor: flavor.name, image: configuration.image, addresses: ["127.0.0.1"], created: clock.now())
        guests[vm.id] = Guest(vm: vm, machine: Self.newID(), metadata: spec.metadata)
        changed()
        starting.yield(vm.id)
        return vm
    }

    /// Removes a VM for ever.
    public func delete(_ id: ID<VM>) throws {
        guard var guest = guests[id] else { throw missing(id) }
        guest.isWanted = false
        guest.vm.state = .deleting
        guests[id] = guest
        let hadProcess = guest.vm.pid != nil
        endProcesses(of: guest)
        if !hadProcess { forget(id) }
        changed()
    }

    /// Switches a VM off.
    public func stop(_ id: ID<VM>) throws {
        guard var guest = guests[id] else { throw missing(id) }
        guard guest.vm.pid != nil else {
            throw LocalCloudRefusal("VM '\(guest.vm.name)' is \(guest.vm.state.word); only a running VM can be stopped")
        }
        guest.isWanted = false
        guest.vm.state = .stopped
        guests[id] = guest
        endProcesses(of: guest)
        changed()
    }

    /// Switches a VM on.
    public func start(_ id: ID<VM>) throws {
        guard var guest = guests[id] else { throw missing(id) }
        guard guest.vm.pid == nil, guest.vm.state != .building else {
            throw LocalCloudRefusal("VM '\(guest.vm.name)' is \(guest.vm.state.word) already")
        }
        if let server = guest.vm.server, down.contains(where: { serverID($0) == server }) {
            throw LocalCloudRefusal("VM '\(guest.vm.name)' is on server '\(server)', which is down")
        }
        guest.isWanted = true
        guest.vm.state = .building
        guests[id] = guest
        changed()
        starting.yield(id)
    }

    /// Starts a VM anew.
    public func reboot(_ id: ID<VM>) throws {
        guard let guest = guests[id] else { throw missing(id) }
        if guest.vm.pid == nil { return try start(id) }
        guests[id]?.vm.state = .rebooting
        endProcesses(of: guest)
        changed()
    }

    /// All there is now.
    public func contents() -> CloudContents {
        let vms = guests.values.map(\.vm).sorted { $0.name < $1.name }
        let servers = configuration.servers.map { share -> Server in
            let there = vms.filter { $0.server == serverID(share.name) }.compactMap { flavor($0.flavor) }
            return Server(
                id: serverID(share.name), cloud: configuration.cloud, name: share.name,
                state: down.contains(share.name) ? .down : .up, vcpus: share.vcpus,
                vcpusUsed: there.reduce(0) { $0 + $1.vcpus }, memoryMiB: share.memoryMiB,
                memoryUsedMiB: there.reduce(0) { $0 + $1.memoryMiB })
        }
        return CloudContents(
            cloud: Cloud(id: configuration.cloud, kind: "local"), servers: servers, vms: vms,
            customers: configuration.customers.values.sorted { $0.id < $1.id }, flavors: configuration.flavors,
            images: [configuration.image])
    }

    /// Tells after every change, and at once; ends when cancelled.
    func changes() -> (number: Int, stream: AsyncStream<Void>) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        nextWatcher += 1
        watchers[nextWatcher] = continuation
        continuation.yield()
        return (nextWatcher, stream)
    }

    func unwatch(_ number: Int) {
        watchers.removeValue(forKey: number)?.finish()
    }

    // MARK: Small print

    func changed() {
        save()
        for watcher in watchers.values { watcher.yield() }
    }

    func forget(_ id: ID<VM>) {
        guard let guest = guests.removeValue(forKey: id) else { return }
        try? FileManager.default.removeItem(atPath: directory(of: guest))
        changed()
    }

    private func missing(_ id: ID<VM>) -> LocalCloudRefusal {
        LocalCloudRefusal("cloud '\(configuration.cloud)' has no VM '\(id)'; list the VMs there are")
    }

    private func roomiest(for flavor: Flavor, _ cluster: ID<Cluster>) -> LocalCloudConfiguration.Share? {
        let now = contents()
        let used = { (share: LocalCloudConfiguration.Share) in
            now.servers.first { $0.name == share.name }.map { ($0.vcpusUsed ?? 0, $0.memoryUsedMiB ?? 0) } ?? (0, 0)
        }
        let neighbours = { (share: LocalCloudConfiguration.Share) in
            now.vms.count { $0.server == self.serverID(share.name) && $0.cluster == cluster }
        }
        return configuration.servers
            .filter { !down.contains($0.name) }
            .filter { used($0).0 + flavor.vcpus <= $0.vcpus && used($0).1 + flavor.memoryMiB <= $0.memoryMiB }
            .min { (neighbours($0), used($0).0, $0.name) < (neighbours($1), used($1).0, $1.name) }
    }

    func serverID(_ name: String) -> ID<Server> { ID("\(configuration.cloud)/\(name)") }
    func flavor(_ name: String?) -> Flavor? { configuration.flavors.first { $0.name == name } }
    func directory(of guest: Guest) -> String { "\(configuration.directory)/vms/\(guest.vm.name)" }

    /// 32 hexadecimal digits, as machine IDs and VM IDs here are.
    private static func newID() -> String {
        var text = ""
        for _ in 0..<2 {
            let half = String(UInt64.random(in: .min ... .max), radix: 16)
            text += String(repeating: "0", count: 16 - half.count) + half
        }
        return text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
            || byte == 0x2E
    }
}
