import Screen

extension Command {
    static let triage = Command(
        name: "triage", keys: [.character("t")], group: .look,
        help: "what is wrong, by probable cause; again: back", hint: "triage", modes: Mode.places
    ) { $0.enter(.triage) }

    static let handOver = Command(
        name: "hand over", keys: [.character("Y")], group: .program,
        help: "copy what is wrong, since when, what changed and what was tried, and write it to a file",
        modes: [.deck, .details, .events, .orders, .triage]
    ) { $0.handOver() }

    static let triages: [Command] = [
        triage,
        Command(
            name: "acknowledge", keys: [.character("a")], group: .look,
            help: "put the problem aside for 30 minutes; again: take it back", hint: "acknowledge", modes: [.triage],
            availability: { $0.problem == nil ? .no("there is no problem here") : .yes }
        ) { $0.acknowledge() },
        handOver,
    ]
}
