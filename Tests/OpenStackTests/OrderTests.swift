import Foundation
import Model
import Runtime
import Synchronization
import Testing
import Web

@testable import OpenStack

private func spec(_ choice: VMChoice = VMChoice(), userData: String? = nil) -> VMSpec {
    VMSpec(name: "web-1", cluster: "web", choice: choice, metadata: ["role": "front"], userData: userData)
}

private func carryOut(_ cloud: FakeCloud, _ spec: VMSpec) async throws -> Outcome {
    try await cloud.source().carryOut(.createVM("east", spec))
}

private func isCreate(_ line: String) -> Bool { line == "POST /compute/v2.1/servers" }

@Suite(.timeLimit(.minutes(2))) struct `An order to a cloud` {
    @Test func `makes a VM with everything that marks it as ours`() async throws {
        try await FakeCloud().serve { cloud in
            let choice = VMChoice(flavor: "tiny", image: "coreos", networks: ["lan"], key: "mine", zone: "nova")

            let outcome = try await carryOut(cloud, spec(choice, userData: "#!/bin/sh"))

            #expect(outcome.isDone, "\(outcome)")
            let body = try #require(cloud.seen.first { isCreate($0.line) }?.body)
            let json = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: [String: Any]])
            let server = try #require(json["server"])
            #expect(server["flavorRef"] as? String == "1")
            #expect(server["imageRef"] as? String == "i1")
            #expect(server["networks"] as? [[String: String]] == [["uuid": "n1"]])
            #expect(server["key_name"] as? String == "mine")
            #expect(server["availability_zone"] as? String == "nova")
            #expect(server["user_data"] as? String == "IyEvYmluL3No")
            #expect(server["tags"] as? [String] == ["quarterdeck", "quarterdeck.cluster=web"])
            #expect(
                server["metadata"] as? [String: String] == [
                    "quarterdeck.cluster": "web", "quarterdeck.name": "web-1", "quarterdeck.machine.role": "front",
                ])
            #expect(json["os:scheduler_hints"] as? [String: String] == ["group": "g1"])
        }
    }

    @Test func `makes a VM once, however often it is asked`() async throws {
        try await FakeCloud().serve { cloud in
            for _ in 1...3 {
                let outcome = try await carryOut(cloud, spec())
                #expect(outcome.isDone)
            }
            #expect(cloud.lines.count(where: isCreate) == 1)
        }
    }

    @Test func `makes no second VM when the answer is lost`() async throws {
        try await FakeCloud { state in
            state.instead = { request, state in
                guard request.method == "POST", request.path.last == "servers" else { return nil }
                _ = state.answer(request)
                return .lost
            }
        }.serve { cloud in
            let outcome = try await carryOut(cloud, spec())

            #expect(outcome == .done("VM web-1 (new-1) is there: building"))
            #expect(cloud.lines.count(where: isCreate) == 1)
            #expect(cloud.state.withLock { $0.vms.count } == 1)
        }
    }

    @Test func `takes no other cluster's VM of the same name for its own`() async throws {
        try await FakeCloud { state in
            let other = ["quarterdeck.cluster": "db", "quarterdeck.name": "web-1"]
            state.vms = [FakeVM(id: "v1", name: "web-1", metadata: other), FakeVM(id: "v2", name: "web-1")]
        }.serve { cloud in
            let outcome = try await carryOut(cloud, spec())
            #expect(outcome.isDone)
            #expect(cloud.state.withLock { $0.vms.count } == 3)
        }
    }

    @Test func `tells the fault of a VM that is there in error`() async throws {
        try await FakeCloud { state in
            let ours = ["quarterdeck.cluster": "web", "quarterdeck.name": "web-1"]
            state.vms = [FakeVM(id: "v1", name: "web-1", status: "ERROR", metadata: ours, fault: "No valid host")]
        }.serve { cloud in
            let outcome = try await carryOut(cloud, spec())
            #expect(outcome == .failed("VM web-1 (v1) is there, in error: No valid host; delete it, then ask again"))
        }
    }

    @Test(arguments: [
        (VMChoice(flavor: "huge"), "there is no flavor 'huge'; there are tiny"),
        (VMChoice(image: "beos"), "there is no active image 'beos'; there are coreos"),
        (VMChoice(image: "coreos", networks: ["wan"]), "there is no network 'wan'; there are lan"),
        (VMChoice(image: "coreos", spread: "thin"), "'thin' is no way to spread VMs"),
    ])
    func `for what there is not is refused with what there is`(choice: VMChoice, wanted: String) async throws {
        try await FakeCloud().serve { cloud in
            let outcome = try await carryOut(cloud, spec(choice))
            guard case .refused(let text) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(text.contains(wanted), "\(text)")
            #expect(!cloud.lines.contains(where: isCreate))
        }
    }

    @Test func `with too much user data is refused before it is sent`() async throws {
        try await FakeCloud().serve { cloud in
            let outcome = try await carryOut(cloud, spec(userData: String(repeating: "x", count: 49_150)))
            #expect(outcome.text.contains("65536 characters when encoded"), "\(outcome)")
            #expect(!cloud.lines.contains(where: isCreate))
        }
    }

    @Test func `goes on without spreading where a group of VMs is full`() async throws {
        try await FakeCloud { state in
            state.instead = { request, _ in
                let isSpread = String(decoding: request.body, as: UTF8.self).contains("scheduler_hints")
                return isSpread ? .no(403, "Quota exceeded, too many servers in group") : nil
            }
        }.serve { cloud in
            let soft = try await carryOut(cloud, spec())
            #expect(soft.isDone)
            #expect(soft.text.hasSuffix("it is not spread: Quota exceeded, too many servers in group"))
        }
    }

    @Test func `is seen before the next poll is due`() async throws {
        try await FakeCloud { $0.vms = [FakeVM(id: "v1", name: "a")] }.serve { cloud in
            let source = try cloud.source(OpenStackIntervals(vms: .seconds(50), servers: .seconds(50)))
            let reports = try await source.reports { report, _ in
                guard let contents = report.contents, !contents.isPartial else { return false }
                if contents.vms.count == 1 { _ = await source.carryOut(.act("east", "v1", .delete)) }
                return contents.vms.isEmpty
            }
            #expect(!reports.isEmpty)
        }
    }

    @Test func `beyond the quota is refused in the cloud's words`() async throws {
        let words = "Quota exceeded for instances: Requested 1, but already used 20 of 20 instances"
        try await FakeCloud { state in
            state.instead = { request, _ in
                request.method == "POST" && request.path.last == "servers" ? .no(403, words) : nil
            }
        }.serve { cloud in
            guard case .refused(let text) = try await carryOut(cloud, spec()) else { return }
            #expect(text.contains(words))
            #expect(text.hasSuffix("ask for a greater quota"))
        }
    }

    @Test(arguments: [
        (VMAction.start, #"{"os-start":null}"#), (.stop, #"{"os-stop":null}"#),
        (.reboot(isHard: true), #"{"reboot":{"type":"HARD"}}"#), (.pause, #"{"pause":null}"#),
        (.unpause, #"{"unpause":null}"#), (.suspend, #"{"suspend":null}"#), (.resume, #"{"resume":null}"#),
        (.shelve, #"{"shelve":null}"#), (.unshelve, #"{"unshelve":null}"#), (.confirm, #"{"confirmResize":null}"#),
        (.migrate(isLive: false, to: nil), #"{"migrate":null}"#),
        (.migrate(isLive: false, to: "east/server2"), #"{"migrate":{"host":"server2"}}"#),
        (.evacuate(to: "east/server2"), #"{"evacuate":{"host":"server2"}}"#), (.evacuate(to: nil), #"{"evacuate":{}}"#),
    ])
    func `is said in Nova's words`(action: VMAction, body: String) async throws {
        try await FakeCloud { $0.vms = [FakeVM(id: "v1", name: "a")] }.serve { cloud in
            let outcome = try await cloud.source().carryOut(.act("east", "v1", action))
            #expect(outcome.isDone, "\(outcome)")
            #expect(cloud.seen.last?.line == "POST /compute/v2.1/servers/v1/action")
            #expect(cloud.seen.last?.body == body)
        }
    }

    @Test func `to delete what is gone is done`() async throws {
        try await FakeCloud { $0.vms = [FakeVM(id: "v1", name: "a")] }.serve { cloud in
            let source = try cloud.source()
            #expect(await source.carryOut(.act("east", "v1", .delete)) == .done("VM v1 is being deleted"))
            #expect(await source.carryOut(.act("east", "nothing", .delete)) == .done("VM nothing is gone already"))
        }
    }

    @Test func `that the VM's state forbids is refused in Nova's words`() async throws {
        try await FakeCloud { state in
            state.instead = { request, _ in
                request.path.last == "action"
                    ? .no(409, "Cannot 'stop' instance v1 while it is in vm_state stopped") : nil
            }
        }.serve { cloud in
            guard case .refused(let text) = try await cloud.source().carryOut(.act("east", "v1", .stop)) else { return }
            #expect(text.contains("while it is in vm_state stopped; look at its state"))
        }
    }

    @Test func `for a unit is for somebody else`() async throws {
        let source = try OpenStackSource(
            cloud: "east", settings: FakeCloud { $0.base = "http://127.0.0.1:9" }.settings, clock: SystemClock())
        let outcome = await source.carryOut(.scale("web", to: 3, VMChoice()))
        #expect(outcome == .refused("cloud 'east' has no units; ask the cluster"))
    }

    @Test func `shows a console that harms no terminal`() async throws {
        try await FakeCloud { $0.vms = [FakeVM(id: "v1", name: "a")] }.serve { cloud in
            let details = try await cloud.source().details(of: "v1")
            #expect(details.console == ["boot", "·]0;evil·", "login: "])
        }
    }

    @Test func `finds out what works`() async throws {
        try await FakeCloud().serve { cloud in
            let findings = try await cloud.source().check()
            #expect(findings.allSatisfy { $0.grade == .good }, "\(findings)")
            #expect(findings.contains { $0.text.contains("compute versions: 2.1 to 2.93") })
            #expect(findings.contains { $0.text == "admin: this user sees 2 servers" })
        }
    }

    @Test func `has tags that Nova takes, and two for two clusters`() {
        let long = String(repeating: "x", count: 80)
        let tags = [ID<Cluster>("web"), "a/b", "a,b", ID(long), ID(long + "y")].map { VMMaker.tag($0) }
        #expect(tags.first == "quarterdeck.cluster=web")
        #expect(Set(tags).count == 5)
        #expect(tags.allSatisfy { $0.count <= 60 && !$0.contains("/") && !$0.contains(",") })
        #expect(VMMaker.escaped("a.b[1]") == #"a\.b\[1\]"#)
    }
}
