import Model
import Runtime

extension CloudWatch {
    func watchServers(_ api: ComputeAPI) async {
        await again(every: intervals.servers) {
            try await servers(api)
            // Who may not see servers is not asked for them at every turn.
            if await memory.picture.isAdmin == false { try await Task.sleep(for: intervals.rest) }
        }
    }

    func watchRest(_ api: ComputeAPI) async {
        await again(every: intervals.rest) {
            try await rest(api)
        }
    }

    /// Does something again and again.
    private func again(every interval: Duration, _ work: () async throws -> Void) async {
        var backoff = Backoff(first: min(interval, .seconds(2)), longest: interval)
        while !Task.isCancelled {
            let pause: Duration
            do {
                try await work()
                pause = interval
                backoff.reset()
            } catch {
                guard await tell(error, isVital: false) else { return }
                pause = max(backoff.next(), Self.wish(error))
            }
            guard (try? await session.clock.pause(pause)) != nil else { return }
        }
    }

    func servers(_ api: ComputeAPI) async throws {
        defer { signals.yield(.changed) }
        do {
            let pages = try await api.hypervisors()
            await memory.change { picture in
                picture.hypervisors = pages.items
                picture.isAdmin = true
                picture.missing[.servers] = pages.cut.map { "servers: only the first are shown, for \($0)" }
            }
        } catch let error as OpenStackError where error.status == 403 {
            await memory.change { picture in
                picture.isAdmin = false
                picture.hasServers = true
                picture.missing[.servers] =
                    "servers: listing them needs the admin role; those shown are known by their VMs only"
            }
            return
        } catch let error as OpenStackError {
            let why = Self.sentence(.servers, error)
            await memory.change { picture in
                picture.hasServers = true
                picture.missing[.servers] = why
            }
            throw error
        }
        try await take(.services, \.services) { try await api.services().items }
        await memory.change { $0.hasServers = true }
        let known = await memory.picture.hypervisors ?? []
        guard known.contains(where: { $0.vcpus == nil }) else { return }
        let placement = PlacementAPI(session: session)
        try await take(.figures, \.figures) { try await placement.figures(of: known.map(\.id)) }
    }

    func rest(_ api: ComputeAPI) async throws {
        try await look(at: [.flavors, .images, .networks, .keys, .quota, .customers], api)
    }

    /// Looks at pieces that stand by themselves, all at the same time.
    func look(at pieces: [CloudPicture.Piece], _ api: ComputeAPI) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for piece in pieces { group.addTask { try await look(at: piece, api) } }
            while try await group.next() != nil { signals.yield(.changed) }
        }
    }

    private func look(at piece: CloudPicture.Piece, _ api: ComputeAPI) async throws {
        switch piece {
        case .flavors: try await take(piece, \.flavors) { try await api.flavors() }
        case .images: try await take(piece, \.images) { try await api.images() }
        case .networks: try await take(piece, \.networks) { try await networks(api) }
        case .keys: try await take(piece, \.keys) { try await api.keys() }
        case .quota: try await take(piece, \.quota) { try await api.quota() }
        case .customers: try await take(piece, \.customers) { try await customers(api) }
        case .vms, .servers, .services, .figures: preconditionFailure("\(piece) is looked at in its turn")
        }
    }

    private func networks(_ api: ComputeAPI) async throws -> [Network] {
        let networks = try await api.networks()
        let subnets = Dictionary(grouping: try await api.subnets(), by: \.network)
        return networks.map { network in
            Network(
                name: network.name, subnets: (subnets[network.id] ?? []).map(\.range).sorted(),
                isExternal: network.isExternal)
        }.sorted { $0.name < $1.name }
    }

    private func customers(_ api: ComputeAPI) async throws -> [Customer] {
        let token = try await session.token()
        var customers = try await api.projects().map {
            Customer(id: ID(SafeText.name($0.id)), name: SafeText.name($0.name ?? $0.id))
        }
        if let id = token.projectID, !customers.contains(where: { $0.id.text == id }) {
            customers.append(Customer(id: ID(id), name: token.projectName ?? id))
        }
        return customers.sorted { $0.id < $1.id }
    }
}
