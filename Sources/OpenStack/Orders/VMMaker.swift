import FoundationEssentials
import Model
import Runtime
import Web

/// Makes one VM, once: it is looked for before it is made, and again when the answer to its making is lost.
struct VMMaker: Sendable {
    /// How long Nova takes user data to be, encoded.
    static let userDataMax = 65_535
    /// Pauses between looks for a VM whose making was not answered.
    static let looks: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(6), .seconds(8)]
    static let mark = "quarterdeck"

    let api: ComputeAPI
    let spec: VMSpec
    let cloud: ID<Cloud>
    let desk: OrderDesk
    var session: Session { api.session }
    private var name: String { SafeText.name(spec.name) }

    init(api: ComputeAPI, spec: VMSpec, cloud: ID<Cloud>, desk: OrderDesk) {
        self.desk = desk
        self.api = api
        self.spec = spec
        self.cloud = cloud
    }

    /// - Throws: `OpenStackError`.
    func make() async throws -> Outcome {
        if let there = try await find() { return outcome(there) }
        var wanted: CreateMessage
        let note: String
        do {
            (wanted, note) = try await message()
        } catch let misfit as Misfit {
            return .refused("cannot create VM \(name) in cloud '\(cloud)': \(misfit.sentence)")
        }
        do {
            return try await send(wanted, note)
        } catch OpenStackError.refused(let refusal)
            where refusal.status == 403 && wanted.group != nil && isSoft && refusal.message.contains("group")
        {
            wanted.group = nil
            return try await send(wanted, "; it is not spread: \(refusal.message)")
        }
    }

    private func send(_ message: CreateMessage, _ note: String) async throws -> Outcome {
        var call = api.call("POST", "/servers")
        call.body = Array(try JSONEncoder().encode(message))
        call.deadline = ServiceCall.createLimit
        do {
            let made = try await session.decode(Single.Server.self, session.answer(call), call)
            return .done(
                "VM \(name) (\(SafeText.name(made.server.id).prefix(8))) is being built in cloud '\(cloud)'\(note)")
        } catch let error as OpenStackError {
            if error.isPermanent { throw error }
            if let status = error.status, status < 500 { throw error }
            return try await lookAgain(after: error)
        }
    }

    /// The answer was lost or says nothing: whether there is a VM is seen by looking for it.
    private func lookAgain(after error: OpenStackError) async throws -> Outcome {
        for pause in Self.looks {
            try await Task.sleep(for: pause)
            if let there = try? await find() { return outcome(there) }
        }
        let words = "VM \(name) in cloud '\(cloud)': \(error)"
        return .unreachable(
            "\(words); no VM of that name is there yet, but one may still come: look before asking again")
    }

    private func outcome(_ vm: KnownVM) -> Outcome {
        let what = "VM \(name) (\(vm.vm.id.short))"
        if case .error(let fault) = vm.vm.state {
            return .failed("\(what) is there, in error\(fault.isEmpty ? "" : ": \(fault)"); delete it, then ask again")
        }
        return .done("\(what) is there: \(vm.vm.state.word)")
    }

    /// The VM that this very specification made, if there is one.
    private func find() async throws -> KnownVM? {
        var call = api.call("GET", "/servers/detail", query: [("name", "^\(Self.escaped(spec.name))$")])
        call.deadline = .seconds(15)
        return try await session.pages(NovaServer.self, call).items
            .map { KnownVM($0, cloud: cloud) }
            .first { known in
                known.vm.metadata[KnownVM.clusterKey] == spec.cluster.text
                    && known.vm.metadata[KnownVM.nameKey] == spec.name && known.vm.state != .deleting
            }
    }

    /// A name as a regular expression that means just that.
    static func escaped(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            let isPlain = character.isLetter || character.isNumber || character == "-" || character == "_"
            text += isPlain ? String(character) : "\\\(character)"
        }
    }

    var isSoft: Bool { ["soft-anti-affinity", "soft-affinity"].contains(spread) }
    var spread: String { spec.choice.spread ?? "soft-anti-affinity" }
}
