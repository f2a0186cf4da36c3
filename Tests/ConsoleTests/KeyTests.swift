import FoundationEssentials
import Model
import Screen
import Testing

@testable import Console

@Suite struct `The command table` {
    @Test func `gives every key one meaning in every mode`() {
        for mode in Command.Mode.allCases {
            var taken: [Key: String] = [:]
            for command in Command.all where command.modes.contains(mode) {
                for key in command.keys {
                    #expect(taken[key] == nil, "\(key.name) is \(taken[key] ?? "") and \(command.name) in \(mode)")
                    taken[key] = command.name
                }
            }
        }
    }

    @Test func `is the only place where a key is named`() throws {
        let room = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Console").resolvingSymlinksInPath()
        let files = try FileManager.default.subpathsOfDirectory(atPath: room.path).filter { $0.hasSuffix(".swift") }
        #expect(!files.isEmpty)
        for file in files where !file.hasPrefix("Commands/") {
            let text = try String(contentsOf: room.appending(path: file), encoding: .utf8)
            for word in [".character(\"", ".control(\"", "Key.", "\"Enter", "\"Esc"] {
                #expect(!text.contains(word), "\(file) names a key: \(word)")
            }
        }
    }

    @Test func `names every command once`() {
        #expect(Set(Command.all.map(\.name)).count == Command.all.count)
    }

    @Test func `is the README's table`() {
        let table = Command.markdown

        for command in Command.all { #expect(table.contains(command.help)) }
        #expect(table.hasPrefix("| Move | |\n| --- | --- |\n| `j` `↓` | next row |"))
    }
}

@Suite struct `A locked console` {
    /// What the farm would notice.
    private static func changesFarm(_ effect: Console.Effect) -> Bool {
        switch effect {
        case .order, .logIn: true
        case .followLog, .look, .judge, .stopLog, .copy, .write, .readFile, .setTheme, .suspend, .redraw, .context,
            .replay,
            .goOn,
            .quit:
            false
        }
    }

    /// Places that commands are given at, each with something at hand.
    private static let ways: [[Key]] = [
        [.character("1")], [.character("2")], [.character("3")], [.character("4")],
        [.character("4"), .character("*")], [.character("2"), .enter], [.character("4"), .enter],
        [.character("2"), .character("i")], [.character("e")], [.character("o")], [.character("4"), .character("l")],
        [.character("?")], [.character(":")], [.character("/")], [.character("t")], [.character("m")],
        [.character("m"), .character("/")], [.character("2"), .character("w")],
        [.character("2"), .character("w"), .tab], [.character("1"), .character("w"), .tab, .tab],
        [.character("p")],
    ]

    @Test(arguments: Command.all.map(\.name), [false, true])
    func `changes nothing by any command of the table`(_ name: String, _ isReadOnly: Bool) throws {
        let command = try #require(Command.all.first { $0.name == name })
        if name == "unlock", !isReadOnly { return }
        for way in Self.ways {
            var deck = Deck(Setup(context: "demo", isReadOnly: isReadOnly))
            for key in way { deck.press(key) }
            deck.effects += deck.console.perform(command)
            if command.isChange {
                #expect(deck.console.dialog == nil || [.character(":"), .character("/")].contains(way.last))
            }
            // Whatever it opened, yes is answered to it.
            deck.press(.character("y"), .enter, .enter)

            #expect(!deck.effects.contains(where: Self.changesFarm), "\(name) after \(way)")
        }
    }

    @Test func `changes nothing by the mouse, by pasting or by the palette`() {
        for isReadOnly in [false, true] {
            var deck = Deck(Setup(context: "demo", isReadOnly: isReadOnly))
            for command in Command.all where command.isChange {
                deck.press(.character(":"))
                deck.press(.paste(command.name), .enter, .character("y"), .enter, .escape)
                deck.press(.paste("Sy\n"))
            }
            for x in stride(from: 0, to: 120, by: 5) {
                for y in 0..<40 { deck.press(.mouse(Key.Mouse(.doubleClick, at: Point(x: x, y: y)))) }
            }

            #expect(!deck.effects.contains(where: Self.changesFarm))
        }
    }

    @Test func `says how to unlock, and locks itself again`() {
        var deck = Deck(Setup(context: "demo"))
        deck.press(.character("s"))
        #expect(deck.lastLine() == " locked: U unlocks for 10 minutes")

        deck.press(.character("U"), .character("s"))
        #expect(deck.orders == [.restart("customer-a", "flaky.service", on: Farm.machineID(1))])

        deck.now = deck.now + .seconds(601)
        deck.press(.character("s"))
        #expect(deck.orders.count == 1)
    }

    @Test func `does not answer a question that was left open`() {
        var deck = Deck(Setup(context: "demo"))
        deck.press(.character("U"), .character("S"))
        deck.now = deck.now + .seconds(700)
        deck.press(.character("y"))

        #expect(deck.orders.isEmpty)
    }

    @Test func `that is read-only names no change in hints, help and palette`() {
        var deck = Deck(Setup(context: "demo", isReadOnly: true))

        #expect(deck.lastLine().contains("stop") == false)
        deck.press(.character("?"))
        #expect(deck.text(200, 50).contains("CHANGE") == false)
        deck.press(.escape, .character(":"))
        deck.type("destroy")
        #expect(deck.text().contains("forget their files") == false)
    }
}

@Suite struct `A question` {
    @Test func `keeps its target while rows move`() {
        var deck = Deck()
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        deck.press(.character("S"))
        let failed = UnitState(active: .failed, sub: "failed")
        let changes: [ClusterChange] = ["api@1.service", "api@3.service"].map { .state($0, Farm.machineID(0), failed) }
        deck.tell(Farm.report(.cluster("customer-a"), .changes("customer-a", changes), revision: 1_843))
        deck.look()
        deck.press(.character("y"))

        #expect(deck.orders == [.want("customer-a", "api@2.service", .loaded)])
    }

    @Test(arguments: [
        Key.enter, .escape, .character("n"), .character("j"), .character("Y"), .character(" "), .paste("y"),
    ])
    func `is answered by y alone`(_ key: Key) {
        var deck = Deck()
        deck.press(.character("S"), key)

        #expect(deck.orders.isEmpty)
    }

    @Test func `says how many of a template are left`() {
        var deck = Deck()
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        deck.press(.character("S"))

        #expect(deck.text().contains("after this api has 5 of 6 running"))
    }

    @Test func `about a protected cluster wants its name typed`() {
        var deck = Deck()
        deck.put(cursorOn: "web@1.service", in: "customer-b")
        deck.press(.character("D"), .character("y"), .enter)
        #expect(deck.orders.isEmpty)

        deck.press(.control("u"))
        deck.type("customer-b")
        deck.press(.enter)
        #expect(deck.orders == [.destroy("customer-b", "web@1.service")])
    }

    @Test func `about many objects wants their number typed`() {
        var deck = Deck()
        for name in ["api@1", "api@2", "api@3", "api@4", "api@5", "api@6"] {
            deck.put(cursorOn: UnitName(stringLiteral: name + ".service"), in: "customer-a")
            deck.press(.character(" "))
        }
        deck.press(.character("S"))
        deck.type("6")
        deck.press(.enter)

        #expect(deck.orders.count == 6)
    }

    @Test func `about a server wants its name, and counts what would have nowhere to go`() {
        var deck = Deck()
        deck.press(.character("1"), .character("d"))

        #expect(deck.text().contains("Drain server server1?"))
        #expect(deck.text().contains("customer-a: 4 units move"))
        deck.type("server1")
        deck.press(.enter)
        #expect(deck.orders == [.drain("customer-a", Farm.machineID(0)), .drain("customer-b", Farm.machineID(3))])
    }

    @Test func `is not acted upon when its target went meanwhile`() {
        var deck = Deck()
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        deck.press(.character("D"))
        deck.tell(
            Farm.report(.cluster("customer-a"), .changes("customer-a", [.unitGone("api@2.service")]), revision: 1_843))
        deck.press(.character("y"))

        #expect(deck.orders.isEmpty)
        #expect(deck.lastLine() == " api@2.service is gone meanwhile")
    }
}

@Suite struct `Scaling out` {
    @Test func `takes four keys and shows how far each VM has come`() {
        var deck = Deck()
        deck.press(.character("3"), .character("+"), .character("2"), .enter, .character("y"))
        #expect(deck.orders == [.scale("customer-a", to: 5, VMChoice())])

        var contents = Farm.contents
        contents.vms.append(
            VM(
                id: "new", cloud: Farm.cloud, name: "a-4", server: "local/server1", cluster: "customer-a",
                state: .building))
        deck.now = deck.now + .seconds(10)
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents)))

        #expect(deck.text().contains("scale customer-a 3→5  1 asked 10s ago  a-4 building 10s …"))
    }

    @Test func `takes flavor and image from what the cloud offers`() {
        var deck = Deck()
        deck.press(.character("3"), .character("+"), .tab, .right, .right, .tab, .right, .enter, .character("y"))

        #expect(deck.orders == [.scale("customer-a", to: 4, VMChoice(flavor: "large", image: "quarterdeck"))])
    }
}

@Suite struct `A role that only looks` {
    @Test func `is shown before the key, and refuses what it may not`() {
        var deck = Deck()
        deck.tell(
            Farm.report(.cluster("customer-a"), .changes("customer-a", [.access(false)]), at: Farm.start + .seconds(1)))
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        #expect(deck.text().contains("[role: looks]"))
        deck.press(.character("S"))
        #expect(deck.console.dialog == nil)
        #expect(deck.lastLine().contains("your role in cluster customer-a only looks"))

        deck.press(.character("2"), .character("g"), .character("d"), .character("y"))
        #expect(deck.orders.isEmpty)

        deck.put(cursorOn: "web@2.service", in: "customer-b")
        deck.press(.character("4"), .character("S"))
        #expect(deck.console.dialog != nil)
    }
}
