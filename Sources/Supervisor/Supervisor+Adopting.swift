import FoundationEssentials
import Glibc
import Model
import Processes

extension Supervisor {
    /// What is kept of a unit between agents.
    private struct SavedUnit: Codable {
        var bootID: String
        var isLaunched: Bool
        var active: String
        var sub: String
        var since: Int64?
        var restarts: Int
        var note: String?
        var mainPID: Int32?
        var mainTicks: UInt64?
        var groups: [Int32]
    }

    func persist(_ name: UnitName) {
        guard let service = services[name] else { return }
        let saved = SavedUnit(
            bootID: bootID, isLaunched: service.isLaunched, active: service.active.word, sub: service.sub,
            since: service.since?.milliseconds, restarts: service.restarts, note: service.note,
            mainPID: service.main?.pid, mainTicks: service.main?.startTicks, groups: service.groups.sorted())
        guard let data = try? JSONEncoder().encode(saved) else { return }
        do {
            try data.write(to: URL(filePath: "\(folder(name))/state.json"), options: .atomic)
        } catch {
            service.log.note("its state cannot be kept: \(SafeText.clean("\(error)", limit: 200))", .error, at: now())
        }
    }

    /// Takes over what an earlier agent left: running units go on, ended ones are treated as their files say.
    public func adopt() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory + "/units")) ?? []
        for text in names.sorted() {
            guard let name = try? UnitName(text), services[name] == nil,
                let bytes = try? Data(contentsOf: URL(filePath: "\(folder(name))/unit")),
                let file = try? UnitFile(parsing: String(decoding: bytes, as: UTF8.self)),
                let settings = try? ServiceSettings(file, name, specifiers(name))
            else { continue }
            let log = UnitLog(path: "\(folder(name))/log")
            log.resume(at: now())
            var service = Service(name: name, file: file, settings: settings, log: log)
            let saved = (try? Data(contentsOf: URL(filePath: "\(folder(name))/state.json")))
                .flatMap { try? JSONDecoder().decode(SavedUnit.self, from: $0) }
            if let saved, saved.bootID == bootID { take(saved, &service) }
            services[name] = service
            watchLog(name)
            resume(name)
        }
    }

    private func take(_ saved: SavedUnit, _ service: inout Service) {
        service.isLaunched = saved.isLaunched
        service.active = UnitState.Active(word: saved.active)
        service.sub = saved.sub
        service.since = saved.since.map(Timestamp.init(milliseconds:))
        service.restarts = saved.restarts
        service.note = saved.note
        service.groups = Set(saved.groups)
        if let pid = saved.mainPID, let ticks = saved.mainTicks {
            service.main = UnitProcess.adopt(pid: pid, startTicks: ticks)
        }
    }

    /// Goes on where the earlier agent stopped.
    private func resume(_ name: UnitName) {
        guard let service = services[name] else { return }
        if let main = service.main {
            schedule(.watch(name, service.generation, main))
            if service.settings.kind != .oneshot, service.active != .active { enter(name, .active, "running") }
            return
        }
        switch service.active {
        case .inactive, .failed: break
        case .active where service.sub == "exited": break
        case .active, .activating, .deactivating, .reloading, .maintenance, .other:
            if service.isLaunched, service.settings.restart != .no {
                restartLater(name, service.generation, ChildEnding.unknown.phrase)
            } else {
                enter(
                    name, service.isLaunched ? .failed : .inactive, service.isLaunched ? "failed" : "dead",
                    note: ChildEnding.unknown.phrase)
            }
        }
    }

    // MARK: Logs

    func watchLog(_ name: UnitName) {
        guard let log = services[name]?.log else { return }
        close(log.openForAppending())
        let watch = inotify_add_watch(inotify, log.path, UInt32(IN_MODIFY))
        if watch >= 0 { watched[watch] = name }
    }

    func unwatchLog(_ name: UnitName) {
        for (watch, watchedName) in watched where watchedName == name {
            inotify_rm_watch(inotify, watch)
            watched[watch] = nil
        }
    }

    /// Reads logs as they grow; a unit that writes without end is read a few times a second.
    func readLogs() async {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while await descriptors.readable(inotify) {
            var grown: Set<UnitName> = []
            while true {
                let count = read(inotify, &buffer, buffer.count)
                guard count > 0 else { break }
                grown.formUnion(names(in: buffer[..<count]))
            }
            for name in grown.sorted() {
                guard let log = services[name]?.log else { continue }
                while log.take(at: now()), !Task.isCancelled { await Task.yield() }
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch { return }
        }
    }

    /// - Source: inotify(7): watch, mask, cookie, length, then the name.
    private func names(in bytes: ArraySlice<UInt8>) -> [UnitName] {
        var found: [UnitName] = []
        bytes.withUnsafeBytes { raw in
            var at = 0
            while at + 16 <= raw.count {
                let watch = raw.loadUnaligned(fromByteOffset: at, as: Int32.self)
                let length = raw.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self)
                if let name = watched[watch] { found.append(name) }
                at += 16 + Int(length)
            }
        }
        return found
    }
}
