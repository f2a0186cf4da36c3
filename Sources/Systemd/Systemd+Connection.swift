import Glibc
import Model

extension Systemd {
    /// The longest pause between two attempts to reach systemd.
    private static let pauseMax = Duration.seconds(15)

    /// Watches over everything until cancelled: connects to the bus, again whenever it goes away.
    public func run() async {
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
            do {
                try await connect()
                pause = .milliseconds(100)
                try await busEnd.value()
            } catch is CancellationError {
                break
            } catch {
                if Task.isCancelled { break }
                setConnection(Self.words(error))
            }
            // The pause grows by half with each vain attempt, up to its longest, with a fifth of chance in it.
            do { try await Task.sleep(for: pause * Double.random(in: 0.9...1.1)) } catch { break }
            pause = min(pause * 3 / 2, Self.pauseMax)
        }
        bus?.close(BusFailure(number: ECANCELED))
    }

    /// Takes over what an earlier agent left; nothing is started, stopped or changed by it.
    public func adopt() async {
        for name in places.names() where loaded[name] == nil {
            guard let text = places.text(name), let file = try? UnitFile(parsing: text) else { continue }
            guard case .nothing = places.host(name) else { continue }
            do { try places.place(name, text) } catch { continue }
            remember(name, file, isLaunched: places.isLaunched(name))
        }
        do { try await connect() } catch { setConnection(Self.words(error)) }
    }

    /// Keeps a unit in mind, in place of what was known of one of that name.
    func remember(_ name: UnitName, _ file: UnitFile, isLaunched: Bool) {
        let path = BusRequest.unitPath(name)
        paths.names[path] = name
        loaded[name] = Loaded(
            name: name, file: file, hash: file.hash, path: path, policy: UnitPolicy(of: file),
            container: ContainerCommand(of: file, specifiers(name)),
            isLaunched: isLaunched, told: loaded[name]?.told)
    }

    private func specifiers(_ name: UnitName) -> Specifiers {
        Specifiers(name, machine: machine, hostName: hostName, runtimeDirectory: "/run", stateDirectory: "/var/lib")
    }

    func forget(_ name: UnitName) {
        guard let unit = loaded.removeValue(forKey: name) else { return }
        paths.names[unit.path] = nil
        tell(name)
    }

    // MARK: The connection

    private func connect() async throws {
        if let bus, bus.isOpen { return }
        let made = try Bus(
            address: address, paths: paths,
            tell: { [weak self] signal in self?.assumeIsolated { $0.take(signal) } },
            ended: { [weak self] why in self?.assumeIsolated { $0.ended(why) } })
        bus = made
        busEnd = Awaited()
        startPolling(made)
        do {
            try await subscribe(made)
        } catch {
            made.close(error as? BusFailure ?? BusFailure(number: EIO))
            throw error
        }
        setConnection(nil)
    }

    /// Asks to be told, and reads everything anew: what happened meanwhile was not told.
    private func subscribe(_ bus: Bus) async throws {
        try await bus.call(.manager("Subscribe", deadline: .seconds(10))) { _ in }
        isReloading = false
        try await readAll(loaded.keys.sorted())
    }

    /// Reads the units' facts anew, many at a time; a unit that is gone meanwhile stays as it was known.
    func readAll(_ names: [UnitName]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                group.addTask { try await self.read(name, withType: true) }
            }
            try await group.waitForAll()
        }
    }

    /// Reads what systemd says of a unit now; asking makes it read the unit's file when it has not.
    /// - Throws: `BusFailure`.
    func read(_ name: UnitName, withType: Bool) async throws {
        try await readProperties(name, "org.freedesktop.systemd1.Unit")
        if withType, let interface = UnitFacts.interface(of: name), loaded[name]?.facts.load == "loaded" {
            try await readProperties(name, interface)
        }
        tell(name)
    }

    /// The answer is taken as it comes, in order with what systemd tells by itself.
    private func readProperties(_ name: UnitName, _ interface: String) async throws {
        guard let path = loaded[name]?.path else { return }
        try await openBus().call(.all(path, interface)) { [weak self] reader in
            let properties = try reader.properties(UnitFacts.wanted)
            self?.assumeIsolated { $0.loaded[name]?.facts.take(properties) }
        }
    }

    /// - Throws: `BusFailure` while there is no connection.
    func openBus() throws -> Bus {
        guard let bus, bus.isOpen else { throw BusFailure(number: ENOTCONN) }
        return bus
    }

    static func words(_ error: any Error) -> String {
        (error as? BusFailure)?.words ?? SafeText.clean("\(error)", limit: 200)
    }
}
