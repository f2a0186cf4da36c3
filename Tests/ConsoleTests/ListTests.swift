import Model
import Screen
import Testing

@testable import Console

private func unitNames(_ deck: Deck) -> [String] {
    let index = deck.console.indexes[PaneID.units.rawValue]
    return deck.console.panes[PaneID.units.rawValue].rows.map { deck.console.facts.name(of: index.subjects[Int($0)]) }
}

@Suite struct `The cursor` {
    @Test func `stays on its object when worse ones appear above`() {
        var deck = Deck()
        deck.put(cursorOn: "web@5.service", in: "customer-b")
        let changes: [ClusterChange] = (1...3).map {
            .state(
                UnitName(stringLiteral: "web@\($0).service"), Farm.machineID(2 + $0),
                UnitState(active: .failed, sub: "failed"))
        }
        deck.tell(Farm.report(.cluster("customer-b"), .changes("customer-b", changes), revision: 978))
        deck.look()

        #expect(deck.console.subject == .unit(UnitKey("customer-b", "web@5.service")))
        #expect(unitNames(deck).prefix(4) == ["flaky.service", "web@1.service", "web@2.service", "web@3.service"])
    }

    @Test func `goes to the next object when its own is gone`() {
        var deck = Deck()
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        let name: UnitName = "api@2.service"
        let here = deck.console.facts.inventory.unit(UnitKey("customer-a", name))?.placement?.machine
        deck.tell(Farm.report(.cluster("customer-a"), .changes("customer-a", [.unitGone(name)]), revision: 1_843))
        deck.look()
        // Its machine has it still.
        #expect(deck.console.subject == .unit(UnitKey("customer-a", name)))
        let names = unitNames(deck)
        let next = names.firstIndex(of: name.text).map { names[$0 + 1] }

        let stopped = here.map { ClusterChange.state(name, $0, nil) }
        deck.tell(
            Farm.report(.cluster("customer-a"), .changes("customer-a", [stopped].compactMap(\.self)), revision: 1_844))
        deck.look()

        guard case .unit(let key) = deck.console.subject else {
            Issue.record("\(String(describing: deck.console.subject))")
            return
        }
        #expect(key.name.text == next)
    }
}

@Suite struct `The filter` {
    @Test(arguments: [
        ("web", 9), ("web !web@1", 8), ("cluster:customer-b", 12), ("active:failed", 1), ("WHY:gpu", 1),
        ("customer-a api", 6),
        ("!customer", 0), ("server:server1 api", 2), ("nothing-like-this", 0), ("", 24), ("!", 24), ("unit:", 24),
    ])
    func `lets through what holds all its words`(_ text: String, _ count: Int) {
        var deck = Deck()
        deck.press(.character("/"))
        deck.type(text)
        deck.press(.enter)

        #expect(unitNames(deck).count == count)
    }

    @Test func `is never invisible, and leaves with Esc`() {
        var deck = Deck()
        deck.press(.character("/"))
        deck.type("api")
        deck.press(.enter)
        #expect(deck.text().contains("4 Units 6/24 · /api"))

        deck.press(.escape)
        #expect(unitNames(deck).count == 24)
    }

    @Test func `comes back as it was when typing is left`() {
        var deck = Deck()
        deck.press(.character("/"))
        deck.type("api")
        deck.press(.enter, .character("/"))
        deck.type("x")
        deck.press(.escape)

        #expect(unitNames(deck).count == 6)
    }

    @Test func `finds by typing what it finds at once`() {
        var typed = Deck()
        typed.press(.character("/"))
        typed.type("b-2 web !@2")
        let once = Deck(Setup(context: "demo", filter: "b-2 web !@2"))

        #expect(unitNames(typed) == unitNames(once))
        #expect(unitNames(once) == ["web@5.service", "web@8.service"])
    }
}

@Suite struct `Linked panes` {
    @Test func `mark what belongs to the selected object`() {
        var deck = Deck()
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        let screen = deck.screen(120, 40)
        let rows = screen.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

        #expect(rows.contains { $0.contains("▌ server2") && $0.contains("▌ a-2") })
        #expect(rows.contains { $0.contains("▌!") })
        #expect(!rows.contains { $0.contains("▌ server1") || $0.contains("▌ b-2") })
    }

    @Test func `narrow with Enter and widen with Esc`() {
        var deck = Deck()
        deck.press(.character("1"), .enter)
        #expect(deck.console.focus == .vms)
        #expect(deck.text().contains("2 VMs 2/6 · server1"))
        #expect(unitNames(deck).count == 7)

        deck.press(.enter)
        #expect(deck.text().contains("· server1 › a-1"))
        #expect(unitNames(deck) == ["api@1.service", "api@4.service", "database-announce.service", "database.service"])

        deck.press(.escape, .escape)
        #expect(unitNames(deck).count == 24)
        #expect(deck.console.subject == .server("local/server1"))
    }

    @Test func `lead from a unit to its VM and its server`() {
        var deck = Deck()
        deck.press(.character("v"))
        #expect(deck.console.subject == .vm(Farm.vms[1].id))

        deck.press(.character("v"))
        #expect(deck.console.subject == .server("local/server2"))
    }
}

@Suite struct `A list` {
    @Test func `is sorted by any column and back`() {
        var deck = Deck()
        for _ in 0..<10 { deck.press(.character(">")) }
        #expect(deck.text().contains("by CPU"))
        #expect(unitNames(deck).first == "worker-with-a-very-long-name-indeed@1.service")

        deck.press(.character("I"))
        #expect(unitNames(deck).first == "database-announce.service")
        for _ in 0..<10 { deck.press(.character("<")) }
        #expect(unitNames(deck).first == "flaky.service")
    }

    @Test func `shows only what is bad, and marks it`() {
        var deck = Deck()
        deck.press(.character("!"))
        #expect(unitNames(deck) == ["flaky.service", "gpu.service"])

        deck.press(.character("!"), .character("*"))
        #expect(deck.console.targets.count == 2)
    }

    @Test func `takes clicks, wheel and titles`() throws {
        var deck = Deck()
        let rect = try #require(deck.console.layout.panes[.vms])
        deck.press(.mouse(Key.Mouse(.press, at: Point(x: rect.x + 4, y: rect.y + 4))))
        #expect(deck.console.subject == .vm(Farm.vms[2].id))

        deck.press(.mouse(Key.Mouse(.press, at: Point(x: rect.x + 4, y: rect.y + 1))))
        #expect(deck.console.panes[PaneID.vms.rawValue].sortColumn == 0)
    }
}

@Suite struct `The palette` {
    @Test func `runs commands, goes to objects, changes themes`() {
        var deck = Deck()
        deck.press(.character(":"))
        deck.type("web@7")
        deck.press(.enter)
        #expect(deck.console.subject == .unit(UnitKey("customer-b", "web@7.service")))

        deck.press(.character(":"))
        deck.type("theme two")
        deck.press(.enter)
        #expect(deck.effects.last == .setTheme("two"))

        deck.press(.character(":"))
        deck.type("restart")
        deck.press(.enter)
        #expect(deck.text().contains("Restart unit web@7.service?"))
    }
}

@Suite struct `A unit that was restarted by itself` {
    @Test func `is not well before it has run for a while`() {
        var deck = Deck()
        func tell(_ state: UnitState, _ revision: Int64) {
            let change = ClusterChange.state("api@2.service", Farm.machineID(1), state)
            deck.tell(
                Farm.report(.cluster("customer-a"), .changes("customer-a", [change]), revision: revision, at: deck.now))
        }
        func row() -> String {
            deck.text().split(separator: "\n").first { $0.contains("api@2.service") }.map(String.init) ?? ""
        }
        deck.now = Farm.start + .seconds(10)
        tell(UnitState(active: .active, sub: "running", since: deck.now, restarts: 5), 1_850)
        #expect(row().contains("✖api@2.service") && row().contains("restarted by itself (5×)"))
        deck.press(.character("t"))
        #expect(deck.text().contains("api@2.service crashes again and again on a-2, 5×"))
        deck.press(.character("t"))

        deck.now = Farm.start + .seconds(41)
        deck.tell(Farm.report(.cluster("customer-a"), .quiet, revision: 1_850, at: deck.now))
        _ = deck.console.handle(.tick, at: deck.now)
        #expect(row().contains(" api@2.service") && !row().contains("restarted"))
        deck.press(.character("t"))
        #expect(!deck.text().contains("api@2.service"))
    }
}

@Suite struct `An order` {
    @Test func `turns from asked to done, and can be taken back`() {
        var deck = Deck()
        deck.put(cursorOn: "api@2.service", in: "customer-a")
        deck.press(.character("S"), .character("y"), .character("o"))
        #expect(deck.text().contains("asked"))

        _ = deck.console.handle(.outcome(1, .done("'api@2.service' is loaded on a-2")), at: deck.now + .seconds(2))
        deck.now = deck.now + .seconds(2)
        #expect(deck.text().contains("done      2.0s"))

        deck.press(.character("Z"))
        #expect(deck.text().contains("Take back 'stop api@2.service', asked 2s ago?"))
        #expect(deck.text().contains("this asks to start api@2.service"))
        deck.press(.character("y"))
        #expect(deck.orders.last == .want("customer-a", "api@2.service", .launched))
    }

    @Test func `moves a unit only where it fits`() {
        var deck = Deck()
        deck.press(.character("M"), .down, .enter)
        #expect(deck.text().contains("Move unit flaky.service?") && deck.text().contains("to a-1"))
        #expect(deck.orders.isEmpty)
        deck.press(.enter)
        #expect(deck.orders.isEmpty && deck.console.dialog == nil)

        deck.press(.character("M"), .down, .enter, .character("y"))
        #expect(deck.orders == [.move("customer-a", "flaky.service", to: Farm.machineID(0))])
    }

    @Test func `to move units of a protected cluster wants its name typed`() {
        var deck = Deck()
        deck.put(cursorOn: "web@1.service", in: "customer-b")
        deck.press(.character("M"), .down, .enter, .character("y"), .enter)
        #expect(deck.orders.isEmpty)
        deck.press(.escape, .character("M"), .down, .enter)
        deck.type("customer-b")
        deck.press(.enter)
        #expect(deck.orders.count == 1)
    }

    @Test(arguments: [true, false])
    func `and its event stay under the cursor while newer ones come`(_ areOrders: Bool) {
        var deck = Deck()
        for name: UnitName in ["api@1.service", "api@2.service", "api@3.service"] {
            deck.put(cursorOn: name, in: "customer-a")
            deck.press(.character("S"), .character("y"))
            let change = ClusterChange.unit(name, Farm.text("\(name)"), .loaded, revision: 1_850)
            deck.tell(
                Farm.report(.cluster("customer-a"), .changes("customer-a", [change]), revision: 1_850, at: deck.now))
        }
        deck.press(.character(areOrders ? "o" : "e"), .character("j"))
        let chosen = deck.console.subject
        let before = deck.text().split(separator: "\n").count { $0.contains("api@") }
        deck.effects += deck.console.send([.want("customer-a", "api@4.service", .loaded)])
        let change = ClusterChange.unit("api@4.service", Farm.text("four"), .loaded, revision: 1_860)
        deck.tell(Farm.report(.cluster("customer-a"), .changes("customer-a", [change]), revision: 1_860, at: deck.now))

        #expect(deck.text().split(separator: "\n").count { $0.contains("api@") } > before)
        #expect(chosen != nil && deck.console.subject == chosen)
        deck.press(.character("g"))
        #expect(deck.console.subject == .unit(UnitKey("customer-a", "api@4.service")))
    }

    @Test func `of every kind that can be is taken back by its opposite`() {
        let machine = Farm.machineID(0)
        let before = Farm.machineID(1)
        let kinds: [(Order, Order)] = [
            (.want("customer-a", "api@2.service", .loaded), .want("customer-a", "api@2.service", .launched)),
            (.move("customer-a", "api@2.service", to: machine), .move("customer-a", "api@2.service", to: before)),
            (.drain("customer-a", machine), .undrain("customer-a", machine)),
            (.undrain("customer-a", machine), .drain("customer-a", machine)),
            (.scale("customer-a", to: 5, VMChoice()), .scale("customer-a", to: 3, VMChoice())),
            (.act("local", Farm.vms[0].id, .stop), .act("local", Farm.vms[0].id, .start)),
            (.act("local", Farm.vms[0].id, .pause), .act("local", Farm.vms[0].id, .unpause)),
        ]
        for (order, opposite) in kinds {
            var deck = Deck()
            deck.effects += deck.console.send([order])
            deck.effects += deck.console.handle(.outcome(1, .done("done")), at: deck.now)
            deck.press(.character("Z"), .character("y"))
            #expect(deck.orders == [order, opposite])
        }
        for order: Order in [.destroy("customer-a", "api@2.service"), .act("local", Farm.vms[0].id, .delete)] {
            var deck = Deck()
            deck.effects += deck.console.send([order])
            deck.effects += deck.console.handle(.outcome(1, .done("done")), at: deck.now)
            deck.press(.character("Z"))
            #expect(deck.lastLine().contains("there is no order to take back"))
        }
    }

    @Test func `submits a file that was read, or says what is wrong with it`() {
        var deck = Deck()
        deck.press(.character("a"))
        deck.type("/tmp/new.service")
        deck.press(.enter)
        #expect(deck.effects == [.readFile("/tmp/new.service")])

        let text = "[Service]\nExecStart=/bin/true\n"
        deck.effects += deck.console.handle(.file("/tmp/new.service", .text(text)), at: deck.now)
        #expect(deck.orders.map(\.phrase) == ["submit new.service as inactive"])

        deck.effects += deck.console.handle(.file("/tmp/new.txt", .text(text)), at: deck.now)
        #expect(deck.lastLine().contains("'new.txt' is no unit name"))
    }
}

@Suite struct `A log` {
    @Test func `is followed, searched and left`() {
        var deck = Deck()
        deck.press(.character("l"))
        #expect(
            deck.effects == [
                .followLog(
                    LogRequest(unit: UnitKey("customer-a", "flaky.service"), machine: Farm.machineID(1), last: 500))
            ])

        _ = deck.console.handle(.log(`Other pictures`.lines + `Other pictures`.lines), at: deck.now)
        #expect(deck.text().contains("FOLLOW"))
        deck.press(.character("/"))
        deck.type("line 7 ")
        deck.press(.enter)
        #expect(deck.text().contains("line 7 of the log"))
        #expect(!deck.text().contains("FOLLOW"))

        deck.press(.escape)
        #expect(deck.effects.last == .stopLog)
    }

    @Test func `of a unit without a machine says so`() {
        var deck = Deck()
        deck.put(cursorOn: "gpu.service", in: "customer-b")
        deck.press(.character("l"))

        #expect(deck.lastLine() == " gpu.service is on no machine, so it has no log")
    }
}

@Suite struct `Hostile names` {
    @Test func `neither reach the terminal nor move the columns`() {
        let evil = "\u{1B}[2J\u{202E}\u{7}\u{9B}1m日本e\u{301}\u{301}\u{301}\u{301}\u{200B}"
        var contents = Farm.contents
        for index in contents.vms.indices { contents.vms[index].name = evil + "\(index)" }
        contents.servers[0].name = evil
        contents.vms[0].state = .error(evil)
        var deck = Deck()
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents)))
        deck.tell(Farm.report(.cluster("customer-a"), .silent(evil)))
        _ = deck.console.handle(.log([LogLine(at: deck.now, text: evil)]), at: deck.now)
        for keys: [Key] in [[], [.character("2"), .character("X")], [.escape, .enter], [.escape, .character("e")]] {
            for key in keys { deck.press(key) }
            let screen = deck.screen(120, 40)

            for scalar in screen.text.unicodeScalars where scalar != "\n" {
                #expect(![.control, .format].contains(scalar.properties.generalCategory))
            }
            for y in 0..<40 {
                #expect(screen.row(y).reduce(0) { $0 + Int($1.width) } == 120)
            }
        }
    }
}
