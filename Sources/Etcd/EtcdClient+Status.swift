import EtcdWire
import SwiftProtobuf

extension EtcdClient {
    /// Asks every endpoint how its member is; members without an endpoint in the configuration are named at the end.
    public func status() async throws -> [MemberStatus] {
        let members = await members()
        let asked = try await withThrowingTaskGroup(of: (Int, MemberStatus).self) { group in
            for (index, link) in caller.links.enumerated() {
                group.addTask { [caller] in (index, try await caller.status(of: link)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var rows = asked.sorted { $0.0 < $1.0 }.map(\.1)
        for index in rows.indices {
            rows[index].name = members.first { $0.id == rows[index].id }?.name ?? ""
        }
        let answered = Set(rows.map(\.id))
        let silent = Set(rows.filter { $0.id == 0 }.map(\.endpoint))
        for member in members where !answered.contains(member.id) {
            if let index = rows.firstIndex(where: {
                silent.contains($0.endpoint) && member.clientUrls.contains($0.endpoint)
            }) {
                rows[index].name = member.name
                rows[index].id = member.id
                continue
            }
            rows.append(
                MemberStatus(
                    name: member.name, id: member.id, endpoint: member.clientUrls.first ?? "",
                    error: "not asked: the member is not among the configured endpoints"))
        }
        return rows
    }

    /// The members as any of them knows them; none when no member answers, which their rows then tell.
    private func members() async -> [Etcdserverpb_Member] {
        do {
            return try await caller.call(.members, .init()).members.sorted { $0.id < $1.id }
        } catch {
            return []
        }
    }
}

extension Caller {
    /// What one member says of itself, or why it does not.
    fileprivate func status(of link: Link) async throws -> MemberStatus {
        do {
            let answer = try await authenticated(.status, .init(), at: link, within: configuration.requestTimeout)
            return MemberStatus(
                id: answer.header.memberID, endpoint: link.endpoint.text, version: answer.version,
                dbSize: answer.dbSize, isLeader: answer.leader == answer.header.memberID,
                raftTerm: answer.raftTerm, error: answer.errors.isEmpty ? nil : answer.errors.joined(separator: "; "))
        } catch let error as EtcdError {
            return MemberStatus(endpoint: link.endpoint.text, error: error.description)
        }
    }
}
