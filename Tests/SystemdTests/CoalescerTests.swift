import Testing

@testable import Systemd

@Suite struct `Many equal wishes` {
    private actor Worker {
        let coalescer = Coalescer()
        var begun = 0
        var running = 0
        var most = 0
        var fails = false

        func wish() async throws {
            try await coalescer.perform {
                begun += 1
                running += 1
                most = max(most, running)
                for _ in 0..<20 { await Task.yield() }
                running -= 1
                if fails { throw Testbed.Failure("no") }
            }
        }

        func fail() { fails = true }
    }

    @Test func `are carried out by few works, one after the other`() async throws {
        let worker = Worker()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { try await worker.wish() } }
            try await group.waitForAll()
        }
        #expect(await worker.most == 1)
        // Wishes that come while work is under way share the next one.
        #expect(await worker.begun < 50)
        try await worker.wish()
        #expect(await worker.running == 0)
    }

    @Test func `fail together`() async throws {
        let worker = Worker()
        await worker.fail()
        await withTaskGroup(of: String.self) { group in
            for _ in 0..<10 { group.addTask { await sentence { try await worker.wish() } } }
            for await text in group { #expect(text == "no") }
        }
    }
}
