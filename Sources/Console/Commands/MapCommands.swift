import Screen

extension Command {
    static let maps: [Command] = [
        Command(
            name: "map", keys: [.character("m")], group: .look,
            help: "servers with their VMs as a picture; again: back", hint: "map", modes: Mode.places
        ) { $0.openMap() },
        Command(
            name: "left on the map", keys: [.left], group: .move, help: "the cell to the left", modes: [.map]
        ) { $0.moveOnMap { $0.beside($1, -1) } },
        Command(
            name: "right on the map", keys: [.right], group: .move, help: "the cell to the right", modes: [.map]
        ) { $0.moveOnMap { $0.beside($1, 1) } },
        Command(
            name: "map colours", keys: [.character("C")], group: .look,
            help: "colours and figures by cluster, by state, by load", hint: "colours", modes: [.map]
        ) { $0.turnMapColour() },
        Command(
            name: "light up", keys: [.character("/")], group: .find,
            help: "light up where units of a name run", hint: "light up", modes: [.map]
        ) { console in
            console.dialog = .prompt(Prompt(.map, text: console.map?.search ?? ""))
            return []
        },
    ]
}
