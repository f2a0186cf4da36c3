import Screen

extension Command {
    static let whatIfs: [Command] = [
        Command(
            name: "what if", keys: [.character("w")], group: .look,
            help: "what would happen if it were lost or drained, or if its cluster got more machines",
            hint: "what if", modes: [.deck, .details, .map], availability: { $0.canSuppose }
        ) { $0.suppose() },
        Command(
            name: "one more", keys: [.character("+"), .right], group: .look, help: "suppose one machine more",
            modes: [.whatIf]
        ) { $0.supposeMore(1) },
        Command(
            name: "one fewer", keys: [.character("-"), .left], group: .look, help: "suppose one machine fewer",
            modes: [.whatIf]
        ) { $0.supposeMore(-1) },
        Command(
            name: "do so", keys: [.enter], group: .act,
            help: "drain as foretold, machine by machine; or ask for the machines", hint: "do so", modes: [.whatIf],
            isChange: true, availability: { $0.canDoSo }
        ) { $0.doSo() },
        stopDrain,
    ]

    static let stopDrain = Command(
        name: "stop the drain", keys: [.character("x")], group: .program,
        help: "drain no further machine; what is drained stays so", modes: Mode.places,
        availability: { $0.drainRun?.isUnderWay == true ? .yes : .no("no drain goes from machine to machine now") }
    ) { console in
        console.endDrain(.stopped)
        return []
    }
}
