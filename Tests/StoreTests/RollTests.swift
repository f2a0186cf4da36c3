import Etcd
import Model
import Registry
import Testing

@Suite(.serialized) struct `The roll of a global unit` {
    @Test(arguments: Backend.available) func `is begun by one of several who bring other files at once`(
        backend: Backend
    ) async throws {
        try await backend.run { subject in
            let registry = ClusterRegistry(cluster: "shop", store: subject.store)
            func file(_ number: Int) throws -> UnitFile {
                try UnitFile(parsing: "[Service]\nExecStart=/bin/sleep \(number)\n[X-Fleet]\nGlobal=true\n")
            }
            try await registry.submit("all.service", try file(0), .launched)
            let files = try (1...8).map(file)

            let begun = await withTaskGroup(of: UnitFile?.self) { group in
                for file in files {
                    group.addTask {
                        do {
                            try await registry.roll("all.service", file, on: ["m1"])
                            return file
                        } catch {
                            #expect(error is OrderRefusal, "\(error)")
                            return nil
                        }
                    }
                }
                return await group.reduce(into: [UnitFile]()) { all, one in if let one { all.append(one) } }
            }

            #expect(begun.count == 1)
            #expect(try await registry.unit("all.service")?.roll?.file == begun.first)
        }
    }
}
