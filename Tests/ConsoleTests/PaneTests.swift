import Model
import Screen
import Testing

@testable import Console

@Suite struct `A pane's columns` {
    private func farmWithLongNames() -> Deck {
        var deck = Deck()
        var contents = Farm.contents
        for index in contents.vms.indices {
            contents.vms[index].name = "customer-" + contents.vms[index].name
        }
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents)))
        return deck
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 50)])
    func `show names whole before anything else has room`(_ width: Int, _ height: Int) {
        var deck = farmWithLongNames()
        let text = deck.text(width, height)

        #expect(text.contains("customer-a-1") && text.contains("customer-b-1"))
        #expect(!text.contains("cus…") && !text.contains("cust…") && !text.contains("custo…"))
    }

    @Test func `leave the rest of the line to the reasons`() {
        var deck = farmWithLongNames()

        #expect(deck.text(120, 40).contains("no machine has gpu=true (0 of 3)"))
    }
}

@Suite struct `The cursor of a fresh deck` {
    private func row(_ deck: Deck) -> Int { deck.console.panes[PaneID.units.rawValue].position }

    @Test func `is on the worst row, however the sources answer one by one`() {
        var deck = Deck(empty: Setup(context: "demo"))
        for report in Farm.reports.reversed() {
            deck.tell(report)
            deck.look()
        }

        #expect(deck.console.subject == .unit(UnitKey("customer-a", "flaky.service")))
        #expect(row(deck) == 0)
    }

    @Test func `stays where it is from the first key on`() {
        var deck = Deck(empty: Setup(context: "demo"))
        for report in Farm.reports where report.source == .cluster("customer-b") { deck.tell(report) }
        deck.press(.character("4"))
        let before = deck.console.subject
        for report in Farm.reports { deck.tell(report) }
        deck.look()

        #expect(deck.console.subject == before)
    }
}

@Suite struct `Figures` {
    @Test func `are gathered, so that all machines' come in one frame`() {
        var deck = Deck()
        deck.now = deck.now + .seconds(10)
        func figure(_ index: Int, _ percent: Double) -> Report {
            Farm.report(
                .cluster("customer-a"),
                .figures("customer-a", Farm.machineID(index), MachineFigures(cpuPercent: percent), [:]))
        }
        deck.tell(figure(0, 77))
        let first = deck.text(200, 50)
        deck.now = deck.now + .milliseconds(300)
        deck.tell(figure(1, 78))
        #expect(first.contains("77%"))
        #expect(deck.text(200, 50) == first)

        deck.now = deck.now + .seconds(2)
        #expect(deck.text(200, 50).contains("78%"))
    }
}

@Suite struct `A line of the log without end` {
    @Test func `is cut when it comes, and says how long it was`() throws {
        var log = LogState(LogRequest(unit: UnitKey("customer-a", "web.service"), machine: nil, last: 1))
        log.append([LogLine(at: Farm.start, text: String(repeating: "x", count: 1_000_000))])

        let line = try #require(log.lines.first)
        #expect(line.text.utf8.count < 5_000)
        #expect(line.text.hasSuffix("… (1000000 bytes)"))
    }
}

@Suite struct `Growth` {
    @Test func `shows every step with its time until the first unit, and a while longer`() {
        var deck = Deck()
        deck.press(.character("3"), .character("+"), .enter, .character("y"))
        var contents = Farm.contents
        contents.vms.append(
            VM(
                id: "new", cloud: Farm.cloud, name: "a-4", server: "local/server1", cluster: "customer-a",
                state: .active))
        deck.now = deck.now + .milliseconds(400)
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents)))
        deck.look()
        let machine = Machine(
            id: "aaaa0000aaaa0000aaaa0000aaaa0000", name: "a-4", vm: "new", address: "127.0.0.9", milliCPU: 4_000,
            memoryMiB: 2_048, version: "1.0")
        deck.now = deck.now + .milliseconds(500)
        deck.tell(Farm.report(.cluster("customer-a"), .changes("customer-a", [.machine(machine)]), revision: 2_000))

        #expect(deck.text().contains("scale customer-a 3→4  a-4 building 0.4s › active 0.4s › joined 0.9s"))

        deck.now = deck.now + .seconds(40)
        #expect(deck.text().contains("scale customer-a 3→4"))
        deck.now = deck.now + .seconds(40)
        deck.look()
        #expect(!deck.text().contains("scale customer-a 3→4"))
    }
}

@Suite struct `A source that says nothing at all` {
    @Test func `counts as silent after a while, and its rows are dimmed`() throws {
        var deck = Deck()
        deck.now = Farm.start + .seconds(40)
        for report in Farm.reports where report.source != .cluster("customer-b") {
            deck.tell(Report(source: report.source, observedAt: deck.now, body: .quiet))
        }

        let screen = deck.screen(120, 40)

        #expect(screen.text.contains("customer-b SILENT 40s"))
        let rows = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
        let row = try #require(rows.firstIndex { $0.contains("web@1.service") })
        #expect(screen[Point(x: 2, y: row)].text == "?")
    }
}

@Suite struct `A silent store` {
    @Test func `does not answer again because agents or members are heard of`() {
        var deck = Deck()
        deck.tell(Farm.report(.cluster("customer-b"), .silent("connection refused")))
        deck.now = Farm.start + .seconds(5)
        let member = Member(name: "one", endpoint: "http://127.0.0.1:1", isLeader: false, isAnswering: false)
        deck.tell(Farm.report(.cluster("customer-b"), .changes("customer-b", [.members([member])])))
        deck.tell(
            Farm.report(
                .cluster("customer-b"),
                .figures("customer-b", Farm.machineID(3), MachineFigures(cpuPercent: 7), [:])))

        #expect(deck.text(120, 40).contains("customer-b SILENT 5s"))
        #expect(!deck.text(120, 40).contains("answers again"))
    }
}
