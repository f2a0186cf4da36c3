import Model

/// Checks the options of a unit that is to be stored.
///
/// What fleet's server took is taken, because units of its users stand in files that ran there: unknown options, and
/// what only systemd has an opinion of. Refused is what fleet refused, and what it took only to misread it.
enum FleetUnitCheck {
    /// The longest line, in bytes, that fleet's reader takes.
    private static let lineMax = 2_048

    /// The file of these options.
    static func file(_ options: [FleetMessages.Option], as name: UnitName) throws(FleetBadRequest) -> UnitFile {
        let text = UnitFile(
            options: options.map {
                UnitFile.Option(section: $0.section ?? "", name: $0.name ?? "", value: $0.value ?? "")
            }
        ).text
        guard text.utf8.split(separator: 0x0A).allSatisfy({ $0.count < lineMax }) else {
            throw FleetBadRequest(text: "line too long (max \(lineMax) bytes)")
        }
        let file: UnitFile
        do throws(UnitFileError) {
            file = try UnitFile(parsing: text)
        } catch {
            throw FleetBadRequest(text: error.description)
        }
        guard file.options.count == options.count else {
            throw FleetBadRequest(text: "an option's name, section or value cannot stand in a unit file")
        }
        try check(file, name)
        return file
    }

    /// In fleet's order and words; the first that is wrong is told.
    private static func check(_ file: UnitFile, _ name: UnitName) throws(FleetBadRequest) {
        var problems: [UnitFileError.Problem] = []
        let asks = Requirements(of: file, name: name, problems: &problems)
        for peer in asks.peers {
            for (kind, globs) in [("conflict", asks.conflicts), ("replace", asks.replaces)] {
                guard let glob = globs.first(where: { $0.matches(peer) }) else { continue }
                throw FleetBadRequest(text: "unresolvable requirements: peer \"\(peer)\" matches \(kind) \"\(glob)\"")
            }
        }
        let (pinned, global) = (asks.machineID != nil, asks.isGlobal)
        let (peers, conflicts, replaces) = (!asks.peers.isEmpty, !asks.conflicts.isEmpty, !asks.replaces.isEmpty)
        let pairs = [
            (pinned && peers, "MachineID", "Peers"), (pinned && conflicts, "MachineID", "Conflicts"),
            (pinned && global, "MachineID", "Global"), (pinned && replaces, "MachineID", "Replaces"),
            (global && peers, "Global", "Peers"), (global && replaces, "Global", "Replaces"),
            (conflicts && replaces, "Conflicts", "Replaces"),
        ]
        for (isWrong, first, second) in pairs where isWrong {
            throw FleetBadRequest(text: "\(first) cannot be used with \(second)")
        }
        // A template's own values are none before it has an instance.
        if name.isTemplate { return }
        // What cannot be read would be no requirement at all, and the unit would run anywhere, or nowhere.
        if let problem = problems.first { throw FleetBadRequest(text: problem.description) }
    }
}
