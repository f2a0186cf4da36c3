import FoundationEssentials
import Glibc
import Model
import Processes
import Runtime

extension LocalCloud {
    /// One life of a VM: built, running, ended.
    func live(_ id: ID<VM>) async {
        try? await Task.sleep(for: configuration.buildTime)
        while let guest = guests[id], guest.isWanted, !Task.isCancelled {
            let pid: pid_t
            do throws(LocalCloudRefusal) {
                pid = try spawn(guest)
            } catch {
                guests[id]?.vm.state = .error(error.description)
                return changed()
            }
            guests[id]?.vm.pid = pid
            guests[id]?.vm.state = .active
            changed()
            let ending = await ChildProcess.ending(of: pid)
            guests[id]?.vm.pid = nil
            guard let after = guests[id] else { return }
            endProcesses(of: after)
            if after.vm.state == .rebooting { continue }
            ended(id, ending)
            return
        }
        if guests[id]?.vm.state == .deleting { forget(id) }
    }

    private func ended(_ id: ID<VM>, _ ending: String) {
        switch guests[id]?.vm.state {
        case .deleting: forget(id)
        case .stopped, .lost, nil: break
        default: guests[id]?.vm.state = .lost("its process \(ending)")
        }
        changed()
    }

    private func spawn(_ guest: Guest) throws(LocalCloudRefusal) -> pid_t {
        let directory = directory(of: guest)
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw LocalCloudRefusal("cannot make the directory '\(directory)': \(error.localizedText)")
        }
        let log = open("\(directory)/agent.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(log)
            close(null)
        }
        let words = [configuration.agent.path] + configuration.agent.arguments + agentArguments(guest, directory)
        do {
            return try ChildProcess.start(
                words, environment: environment(guest), directory: directory, input: null, output: log)
        } catch {
            throw LocalCloudRefusal("cannot start '\(configuration.agent.path)': \(error)")
        }
    }

    private func agentArguments(_ guest: Guest, _ directory: String) -> [String] {
        var words = [
            "--cluster", guest.vm.cluster?.text ?? "", "--machine-id", guest.machine, "--vm", guest.vm.id.text,
            "--name", guest.vm.name, "--state-dir", "\(directory)/state", "--unit-manager", "processes",
        ]
        if let store = guest.vm.cluster.flatMap({ configuration.stores[$0] }) { words += ["--store", store] }
        if let flavor = flavor(guest.vm.flavor) {
            words += ["--cpu", "\(flavor.vcpus)", "--memory", "\(flavor.memoryMiB)M"]
        }
        var metadata = guest.metadata
        metadata["server"] = guest.vm.server.map { String($0.text.split(separator: "/").last ?? "") }
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return words + ["--metadata", pairs.joined(separator: ",")]
    }

    private func environment(_ guest: Guest) -> [String] {
        let kept = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH"].compactMap { (name: String) in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
        return kept + [
            "QUARTERDECK_FARM=\(configuration.directory)", "QUARTERDECK_VM=\(guest.vm.id)",
            "QUARTERDECK_BOOT=\(UInt64.random(in: 1 ... .max))",
        ]
    }

    /// Ends whatever runs in a VM, wherever it has put itself.
    func endProcesses(of guest: Guest) {
        if let pid = guest.vm.pid { kill(pid, SIGKILL) }
        FarmProcesses.end(marked: "QUARTERDECK_VM=\(guest.vm.id)")
    }

    // MARK: What outlives the program

    private struct SavedGuest: Codable {
        var id: String
        var name: String
        var server: String
        var cluster: String
        var flavor: String?
        var machine: String
        var metadata: [String: String]
        var created: Int64?
        var isStopped: Bool
    }

    private var file: String { "\(configuration.directory)/vms.json" }

    func save() {
        let saved = guests.values.filter { $0.vm.state != .deleting }.map { guest in
            SavedGuest(
                id: guest.vm.id.text, name: guest.vm.name, server: guest.vm.server?.text ?? "",
                cluster: guest.vm.cluster?.text ?? "", flavor: guest.vm.flavor, machine: guest.machine,
                metadata: guest.metadata, created: guest.vm.created?.milliseconds, isStopped: guest.vm.state == .stopped
            )
        }.sorted { $0.name < $1.name }
        if let data = try? JSONEncoder().encode(saved) {
            try? data.write(to: URL(filePath: file), options: .atomic)
        }
    }

    /// VMs of an earlier run are there again, and boot.
    func restore() {
        guard let data = try? Data(contentsOf: URL(filePath: file)),
            let saved = try? JSONDecoder().decode([SavedGuest].self, from: data)
        else { return }
        for one in saved {
            let vm = VM(
                id: ID(one.id), cloud: configuration.cloud, name: SafeText.name(one.name), server: ID(one.server),
                cluster: ID(one.cluster), customer: configuration.customers[ID(one.cluster)]?.id,
                state: one.isStopped ? .stopped : .building, flavor: one.flavor, image: configuration.image,
                addresses: ["127.0.0.1"], created: one.created.map(Timestamp.init(milliseconds:)))
            guests[vm.id] = Guest(vm: vm, machine: one.machine, metadata: one.metadata, isWanted: !one.isStopped)
            if !one.isStopped { starting.yield(vm.id) }
        }
    }
}

extension Error {
    /// The system's words where there are some.
    fileprivate var localizedText: String { SafeText.clean("\(self)", limit: 256) }
}
