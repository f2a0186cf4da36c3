import FoundationEssentials
import Model
import Web

extension VMMaker {
    /// What is asked for is not to be had; nothing was changed.
    struct Misfit: Error {
        let sentence: String
    }

    /// What Nova is to be asked, and what to say of it beside.
    /// - Throws: `Misfit`; `OpenStackError`.
    func message() async throws -> (CreateMessage, String) {
        let trimmed = spec.name.split(separator: " ", omittingEmptySubsequences: false)
        guard !spec.name.isEmpty, spec.name.count <= 255, trimmed.first != "", trimmed.last != "" else {
            throw Misfit(sentence: "its name has to have 1 to 255 characters and no blank at its ends")
        }
        let userData = try encodedUserData()
        let metadata = try metadata()
        let flavor = try await flavor()
        let image = try await image()
        let networks = try await networks()
        let (group, note) = try await group()
        return (
            CreateMessage(
                name: spec.name, flavor: flavor, image: image, networks: networks, key: spec.choice.key,
                zone: spec.choice.zone, userData: userData, metadata: metadata,
                tags: api.knows(52) ? [Self.mark, Self.tag(spec.cluster)] : [], group: group), note
        )
    }

    private func encodedUserData() throws -> String? {
        guard let text = spec.userData else { return nil }
        let encoded = Data(text.utf8).base64EncodedString()
        guard encoded.utf8.count <= Self.userDataMax else {
            throw Misfit(
                sentence: "its user data has \(encoded.utf8.count) characters when encoded, and Nova takes "
                    + "\(Self.userDataMax); make it shorter")
        }
        return encoded
    }

    private func metadata() throws -> [String: String] {
        var pairs = Dictionary(spec.metadata.map { ("quarterdeck.machine.\($0.key)", $0.value) }) { first, _ in first }
        pairs[KnownVM.clusterKey] = spec.cluster.text
        pairs[KnownVM.nameKey] = spec.name
        for (key, value) in pairs.sorted(by: { $0.key < $1.key }) {
            let isPlain = key.utf8.allSatisfy { byte in
                (0x30...0x3A).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x20, 0x2D, 0x2E, 0x5F].contains(byte)
            }
            guard isPlain, key.count <= 255, value.count <= 255 else {
                throw Misfit(
                    sentence: "metadata '\(SafeText.name(key))' is longer than Nova's 255 characters, or its key has "
                        + "others than letters, digits and '-_.: '")
            }
        }
        return pairs
    }

    private func flavor() async throws -> String {
        let flavors = try await api.flavors()
        let names = Self.list(flavors.map(\.name))
        guard let wanted = spec.choice.flavor else {
            guard flavors.count == 1 else { throw Misfit(sentence: "no flavor is named; there are \(names)") }
            return flavors[0].id
        }
        guard let found = flavors.first(where: { $0.name == wanted }) ?? flavors.first(where: { $0.id == wanted })
        else {
            throw Misfit(sentence: "there is no flavor '\(SafeText.name(wanted))'; there are \(names)")
        }
        return found.id
    }

    /// The newest of the name: vendors give each of their images the same.
    private func image() async throws -> String {
        let newest = { (images: [GlanceImage]) in
            images.max { ($0.created ?? .zero, $0.id) < ($1.created ?? .zero, $1.id) }?.id
        }
        if let wanted = spec.choice.image {
            let named = try await api.images(named: wanted).filter { $0.name == wanted }
            if let id = newest(named) { return id }
        }
        let images = try await api.images()
        let names = Self.list(images.compactMap(\.name))
        guard let wanted = spec.choice.image else {
            guard Set(images.map(\.name)).count == 1, let id = newest(images) else {
                throw Misfit(sentence: "no image is named; there are \(names)")
            }
            return id
        }
        guard let found = images.first(where: { $0.id == wanted }) else {
            throw Misfit(sentence: "there is no active image '\(SafeText.name(wanted))'; there are \(names)")
        }
        return found.id
    }

    private func networks() async throws -> CreateMessage.Networks {
        guard let wanted = spec.choice.networks, !wanted.isEmpty else { return api.knows(37) ? .auto : .unsaid }
        let networks = try await api.networks()
        return .some(
            try wanted.map { name in
                let named = networks.filter { $0.name == name }
                if named.count > 1 {
                    throw Misfit(
                        sentence: "there are \(named.count) networks '\(SafeText.name(name))'; name one by its ID: "
                            + Self.list(named.map(\.id)))
                }
                guard let found = named.first ?? networks.first(where: { $0.id == name }) else {
                    throw Misfit(
                        sentence: "there is no network '\(SafeText.name(name))'; there are "
                            + Self.list(networks.map(\.name)))
                }
                return found.id
            })
    }

    /// The server group that keeps a cluster's VMs apart, made when it is not there.
    private func group() async throws -> (String?, String) {
        let policies = ["soft-anti-affinity", "anti-affinity", "affinity", "soft-affinity"]
        if spread == "none" { return (nil, "") }
        guard policies.contains(spread) else {
            throw Misfit(
                sentence: "'\(SafeText.name(spread))' is no way to spread VMs; it can be none, "
                    + policies.joined(separator: ", "))
        }
        if isSoft, !api.knows(15) { return (nil, "; this cloud is too old to spread VMs softly") }
        do {
            return (try await madeOnce(String("\(Self.mark)-\(spec.cluster.text)".prefix(255))), "")
        } catch OpenStackError.refused(let refusal) where isSoft && (400..<500).contains(refusal.status) {
            return (nil, "; it is not spread: \(refusal.message)")
        }
    }

    /// The group of a name, made by one VM of those that are made at once: Nova would make one for each.
    private func madeOnce(_ name: String) async throws -> String {
        let turn = "group \(name)"
        while await !desk.begin(turn) { try await Task.sleep(for: .milliseconds(50)) }
        do {
            let id = try await groupID(name)
            await desk.end(turn)
            return id
        } catch {
            await desk.end(turn)
            throw error
        }
    }

    private func groupID(_ name: String) async throws -> String {
        let groups = try await session.pages(NovaGroup.self, api.call("GET", "/os-server-groups")).items
        if let found = groups.first(where: { $0.name == name }) { return found.id }
        var call = api.call("POST", "/os-server-groups")
        call.body = Array(try JSONEncoder().encode(GroupMessage(name: name, policy: spread, isOld: !api.knows(64))))
        return try await session.decode(Single.Group.self, session.answer(call), call).server_group.id
    }

    static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : Set(names).sorted().prefix(20).joined(separator: ", ")
    }

    /// A cluster as a tag: at most 60 characters, no `/` and no `,`.
    static func tag(_ cluster: ID<Cluster>) -> String {
        let whole = "\(mark).cluster=\(cluster.text)"
        let plain = whole.map { $0 == "/" || $0 == "," ? "-" : $0 }
        guard String(plain) != whole || plain.count > 60 else { return whole }
        // Two clusters that look alike when cut still get two tags.
        let hash = whole.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        return String(plain.prefix(42)) + "-" + String(hash, radix: 16)
    }
}

extension OpenStackSource {
    func create(_ spec: VMSpec) async throws -> Outcome {
        try await VMMaker(api: api(), spec: spec, cloud: cloud, desk: desk).make()
    }
}
