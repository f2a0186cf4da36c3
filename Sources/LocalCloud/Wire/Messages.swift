import Model

/// `GET /v1/contents`.
struct ContentsMessage: Codable {
    struct ServerMessage: Codable {
        var name: String
        var vcpus: Int
        var vcpusUsed: Int
        var memoryMiB: Int
        var memoryUsedMiB: Int
        var isDown: Bool?
    }

    struct VMMessage: Codable {
        var id: String
        var name: String
        var server: String?
        var cluster: String?
        var customer: String?
        var state: String
        var fault: String?
        var flavor: String?
        var image: String?
        var addresses: [String]
        var created: Int64?
        var pid: Int32?
    }

    struct FlavorMessage: Codable {
        var name: String
        var vcpus: Int
        var memoryMiB: Int
    }

    var servers: [ServerMessage]
    var vms: [VMMessage]
    var customers: [String: String]
    var flavors: [FlavorMessage]
    var images: [String]
}

/// `POST /v1/vms`.
struct CreateMessage: Codable {
    var name: String
    var cluster: String
    var flavor: String?
    var image: String?
    var metadata: [String: String]
}

/// The answer to every order.
struct AnswerMessage: Codable {
    var done: String?
    var error: String?
}

extension ContentsMessage {
    init(_ contents: CloudContents) {
        servers = contents.servers.map {
            ServerMessage(
                name: $0.name, vcpus: $0.vcpus ?? 0, vcpusUsed: $0.vcpusUsed ?? 0, memoryMiB: $0.memoryMiB ?? 0,
                memoryUsedMiB: $0.memoryUsedMiB ?? 0, isDown: $0.state == .down ? true : nil)
        }
        vms = contents.vms.map { vm in
            VMMessage(
                id: vm.id.text, name: vm.name, server: vm.server?.text.split(separator: "/").last.map(String.init),
                cluster: vm.cluster?.text, customer: vm.customer?.text, state: vm.state.word, fault: vm.state.fault,
                flavor: vm.flavor, image: vm.image, addresses: vm.addresses, created: vm.created?.milliseconds,
                pid: vm.pid)
        }
        customers = Dictionary(contents.customers.map { ($0.id.text, $0.name) }) { first, _ in first }
        flavors = contents.flavors.map { FlavorMessage(name: $0.name, vcpus: $0.vcpus, memoryMiB: $0.memoryMiB) }
        images = contents.images
    }

    func contents(_ cloud: ID<Cloud>) -> CloudContents {
        let clean = { (text: String) in SafeText.name(text) }
        return CloudContents(
            cloud: Cloud(id: cloud, kind: "local"),
            servers: servers.map {
                Server(
                    id: ID("\(cloud)/\(clean($0.name))"), cloud: cloud, name: clean($0.name),
                    state: $0.isDown == true ? .down : .up, vcpus: $0.vcpus, vcpusUsed: $0.vcpusUsed,
                    memoryMiB: $0.memoryMiB, memoryUsedMiB: $0.memoryUsedMiB)
            },
            vms: vms.map { vm in
                VM(
                    id: ID(clean(vm.id)), cloud: cloud, name: clean(vm.name),
                    server: vm.server.map { ID("\(cloud)/\(clean($0))") }, cluster: vm.cluster.map { ID(clean($0)) },
                    customer: vm.customer.map { ID(clean($0)) }, state: Self.state(vm.state, vm.fault),
                    flavor: vm.flavor.map(clean), image: vm.image.map(clean), addresses: vm.addresses.map(clean),
                    created: vm.created.map(Timestamp.init(milliseconds:)), pid: vm.pid)
            },
            customers: customers.map { Customer(id: ID(clean($0.key)), name: clean($0.value)) }
                .sorted { $0.id < $1.id },
            flavors: flavors.map { Flavor(name: clean($0.name), vcpus: $0.vcpus, memoryMiB: $0.memoryMiB) },
            images: images.map(clean))
    }

    private static func state(_ word: String, _ fault: String?) -> VM.State {
        let text = SafeText.clean(fault ?? "", limit: 512)
        let known: [VM.State] = [
            .building, .active, .stopped, .rebooting, .paused, .deleting, .error(text), .lost(text),
        ]
        return known.first { $0.word == word } ?? .unknown(SafeText.name(word))
    }
}
