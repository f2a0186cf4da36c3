import Model
import Screen
import Testing

@testable import Console

/// A farm whose cloud has more to say: three servers, one of them down, and VMs in all states.
private struct CloudDeck {
    var deck: Deck
    var contents: CloudContents

    init(isAdmin: Bool? = true) {
        var contents = Farm.contents
        contents.cloud.isAdmin = isAdmin
        contents.networks = [
            Network(name: "lan", subnets: ["10.42.0.0/16"]), Network(name: "public", isExternal: true),
        ]
        contents.keys = ["ops"]
        contents.quota = Quota(
            vms: Quota.Share(used: 18, limit: 20), vcpus: Quota.Share(used: 18, limit: 20),
            memoryMiB: Quota.Share(used: 20_480, limit: 51_200))
        self.contents = contents
        deck = Deck()
        tell()
    }

    mutating func tell() {
        deck.tell(Farm.report(.cloud(Farm.cloud), .cloud(contents), at: deck.now))
        deck.look()
    }

    mutating func change(_ index: Int, _ change: (inout VM) -> Void) {
        change(&contents.vms[index])
        tell()
    }

    mutating func reveal(_ index: Int) {
        deck.console.reveal(.vm(contents.vms[index].id))
        deck.look()
    }
}

@Suite struct `VMs of a cloud` {
    @Test func `are moved to a server that is up, and the cloud is asked once the question is answered`() {
        var cloud = CloudDeck()
        cloud.contents.servers[2].state = .down
        cloud.tell()
        cloud.reveal(0)
        let vm = cloud.contents.vms[0]

        cloud.deck.press(.character("M"))
        let text = cloud.deck.text()
        #expect(text.contains("the cloud chooses"))
        #expect(text.contains("it is here"))
        #expect(text.contains("is down"))
        cloud.deck.press(.down, .enter)
        #expect(cloud.deck.orders.isEmpty)
        cloud.deck.press(.character("y"))

        #expect(
            cloud.deck.orders == [.act(Farm.cloud, vm.id, .migrate(isLive: true, to: cloud.contents.servers[1].id))])
    }

    @Test func `of a dead server are built anew elsewhere`() {
        var cloud = CloudDeck()
        cloud.contents.servers[0].state = .down
        cloud.tell()
        cloud.reveal(0)

        cloud.deck.press(.character("M"), .enter, .character("y"))

        #expect(cloud.deck.orders == [.act(Farm.cloud, cloud.contents.vms[0].id, .evacuate(to: nil))])
    }

    @Test func `are moved by administrators only`() {
        var cloud = CloudDeck(isAdmin: false)
        cloud.reveal(0)

        cloud.deck.press(.character("M"))

        #expect(cloud.deck.lastLine().contains("lets only administrators"))
        #expect(cloud.deck.orders.isEmpty)
    }

    @Test func `are acted on through the palette, in the states that allow it`() {
        var cloud = CloudDeck()
        cloud.reveal(0)
        cloud.deck.press(.character("A"))
        cloud.deck.type("unp")
        cloud.deck.press(.enter)
        #expect(cloud.deck.lastLine().contains("is not paused"))

        cloud.deck.press(.character("A"))
        cloud.deck.type("pause")
        cloud.deck.press(.enter)
        #expect(cloud.deck.text().contains("Pause VM"))
        cloud.deck.press(.character("y"))
        #expect(cloud.deck.orders == [.act(Farm.cloud, cloud.contents.vms[0].id, .pause)])
    }

    @Test func `say what their cloud does with them and what is wrong`() {
        var cloud = CloudDeck()
        cloud.change(0) { $0.task = "powering-off" }
        cloud.change(1) { $0.state = .error("No valid host was found.") }
        cloud.deck.press(.character("2"), .character("z"))

        let text = cloud.deck.text(200, 50)
        #expect(text.contains("powering-off"))
        #expect(text.contains("No valid host was found."))
    }

    @Test func `of a server that is not heard of are not lost while their machines are`() throws {
        var cloud = CloudDeck()
        let machine = Farm.machine(0)
        let index = try #require(cloud.contents.vms.firstIndex { $0.id == machine.vm })
        cloud.change(index) { $0.state = .lost("server server1 is down") }

        #expect(cloud.deck.console.facts.condition(cloud.contents.vms[index]) == .warning)
        cloud.deck.press(.character("2"), .character("z"))
        #expect(cloud.deck.text(200, 50).contains("server server1 is down, but its machine is"))
        cloud.deck.now = cloud.deck.now + .seconds(5)
        cloud.deck.tell(
            Farm.report(
                .cluster("customer-a"), .changes("customer-a", [.machineGone(machine.id)]), revision: 1_843,
                at: cloud.deck.now))
        #expect(cloud.deck.console.facts.condition(cloud.contents.vms[index]) == .critical)
    }

    @Test func `that lost their machine are silent while they run, and have left when they do not`() throws {
        var cloud = CloudDeck()
        let machine = Farm.machine(0)
        cloud.deck.now = cloud.deck.now + .seconds(5)
        cloud.deck.tell(
            Farm.report(
                .cluster("customer-a"), .changes("customer-a", [.machineGone(machine.id)]), revision: 1_843,
                at: cloud.deck.now))
        let index = try #require(cloud.contents.vms.firstIndex { $0.id == machine.vm })
        let facts = { cloud.deck.console.facts }

        #expect(facts().absence(of: cloud.contents.vms[index]) == .silent(cloud.deck.now))
        cloud.change(index) { $0.state = .stopped }
        #expect(facts().absence(of: cloud.contents.vms[index]) == .left(cloud.deck.now))
        #expect(facts().condition(cloud.contents.vms[index]) == .idle)
    }

    @Test func `of a cluster that is not looked at are no worry, and show that it is there`() {
        var cloud = CloudDeck()
        cloud.contents.vms.append(
            VM(
                id: "other", cloud: Farm.cloud, name: "other-1", cluster: "3e86b59982e49066c5d813af1c2e2579cbf573de",
                state: .active))
        cloud.contents.vms[cloud.contents.vms.count - 1].isByDiscovery = true
        cloud.tell()

        #expect(cloud.deck.console.facts.absence(of: cloud.contents.vms[cloud.contents.vms.count - 1]) == nil)
        cloud.deck.press(.character("3"), .character("z"))
        #expect(cloud.deck.text(200, 50).contains("VMs by discovery token"))
    }

    @Test func `tell console and actions to who looks at them, and are asked again`() {
        var cloud = CloudDeck()
        cloud.reveal(0)
        let vm = cloud.contents.vms[0]
        cloud.deck.effects = []
        cloud.deck.press(.character("i"))
        #expect(cloud.deck.effects.contains(.look(Farm.cloud, vm.id)))

        let event = FarmEvent(at: cloud.deck.now, weight: .note, subject: .vm(vm.id), text: "create by ops: done")
        let details = VMDetails(
            console: ["Debian GNU/Linux 12", "login:"], actions: [event], networks: ["group default"])
        _ = cloud.deck.console.handle(.vm(vm.id, details), at: cloud.deck.now)
        cloud.deck.press(.tab)
        #expect(cloud.deck.text().contains("login:"))
        cloud.deck.press(.tab)
        #expect(cloud.deck.text().contains("create by ops: done"))
        cloud.deck.press(.tab)
        #expect(cloud.deck.text().contains("group default"))

        cloud.deck.effects = []
        cloud.deck.effects += cloud.deck.console.handle(.tick, at: cloud.deck.now + .seconds(6))
        #expect(cloud.deck.effects == [.look(Farm.cloud, vm.id)])
    }
}

@Suite struct `A cloud that does not tell everything` {
    @Test func `says below its servers what is missing and why, at any size`() {
        var cloud = CloudDeck()
        cloud.contents.cloud.missing = [
            "servers: listing them needs the admin role; those shown are known by their VMs"
        ]
        cloud.contents.servers[0].state = .unknown
        cloud.contents.servers[0].note = "known by its ID only"
        cloud.tell()

        let text = cloud.deck.text(200, 50)
        #expect(text.contains("servers: listing them needs the admin role;"))
        cloud.deck.press(.character("1"), .character("z"))
        #expect(cloud.deck.text(200, 50).contains("known by its ID only"))
        #expect(cloud.deck.text(200, 50).contains("those shown are known by their VMs"))
        for width in [10, 40, 80] { _ = cloud.deck.text(width, 12) }
    }
}

@Suite struct `Scaling out in a cloud` {
    @Test func `shows the quota before it asks, and takes network, key pair and spread`() {
        var cloud = CloudDeck()
        cloud.deck.press(.character("3"), .character("+"), .character("3"))
        let text = cloud.deck.text()
        #expect(text.contains("left in local  2 of 20 VMs"))
        #expect(text.contains("30 of 50 GiB RAM"))

        cloud.deck.press(.tab, .tab, .tab, .right, .tab, .right, .tab, .right, .enter, .character("y"))
        #expect(
            cloud.deck.orders == [
                .scale(
                    "customer-a", to: 6, VMChoice(networks: ["lan"], key: "ops", spread: "soft-anti-affinity"))
            ])
    }
}
