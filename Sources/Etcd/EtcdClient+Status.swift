import EtcdWire
import SwiftProtobuf

extension EtcdClient {
    /// Asks every endpoint how its member is; members without an endpoint in the configuration are named at the end.
    public func status() async throws -> [MemberStatus] {
        let asked = try await withThrowingTaskGroup(of: (Int, Asked).self) { group in
            for (index, link) in caller.links.enumerated() {
                group.addTask { [caller] in (index, try await caller.status(of: link)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var rows = asked.sorted { $0.0 < $1.0 }.map(\.1.status)
        let members = try await members(known: zip(caller.links, rows).filter { $0.1.id != 0 }.map(\.0))
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
                rows[index].isLearner = member.isLearner
                continue
            }
            rows.append(
                MemberStatus(
                    name: member.name, id: member.id, endpoint: member.clientUrls.first ?? "", answer: .notAsked,
                    isLearner: member.isLearner))
        }
        let alarms = asked.map(\.1.alarms).max { $0.count < $1.count } ?? [:]
        for index in rows.indices { rows[index].alarms = alarms[rows[index].id] ?? [] }
        return rows
    }

    /// The members as one of those knows them that just answered; none when none does, which their rows then tell.
    private func members(known links: [Link]) async throws -> [Etcdserverpb_Member] {
        for link in links {
            do {
                return try await caller.authenticated(
                    .members, .init(), at: link, within: caller.configuration.requestTimeout
                ).members.sorted { $0.id < $1.id }
            } catch is EtcdError {
                continue
            }
        }
        return []
    }
}

/// What one member said, of itself and of the alarms of all.
private struct Asked: Sendable {
    var status: MemberStatus
    var alarms: [UInt64: Set<MemberStatus.Alarm>] = [:]
}

extension Caller {
    /// What one member says of itself, or why it does not.
    fileprivate func status(of link: Link) async throws -> Asked {
        do {
            let answer = try await authenticated(.status, .init(), at: link, within: configuration.requestTimeout)
            let status = MemberStatus(
                id: answer.header.memberID, endpoint: link.endpoint.text, version: answer.version,
                dbSize: answer.dbSize, isLeader: answer.leader == answer.header.memberID,
                hasLeader: answer.leader != 0, isLearner: answer.isLearner, raftTerm: answer.raftTerm)
            return Asked(status: status, alarms: Self.alarms(answer.errors))
        } catch let error as EtcdError {
            let status = MemberStatus(endpoint: link.endpoint.text, answer: .missing(error.description))
            return Asked(status: status)
        }
    }

    /// The alarms of all members, by their IDs, as every member tells them among its complaints.
    ///
    /// Not by the call made for it: that wants a majority and writes to the log of raft each time it is asked.
    /// - Source: etcd, `server/etcdserver/api/v3rpc/maintenance.go`, `Status`; texts as `memberID:12 alarm:NOSPACE`.
    private static func alarms(_ complaints: [String]) -> [UInt64: Set<MemberStatus.Alarm>] {
        var alarms: [UInt64: Set<MemberStatus.Alarm>] = [:]
        for complaint in complaints {
            var fields: [Substring: Substring] = [:]
            for field in complaint.split(separator: " ") {
                let parts = field.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { fields[parts[0]] = parts[1] }
            }
            guard let member = fields["memberID"].flatMap({ UInt64($0) }) else { continue }
            switch fields["alarm"] {
            case "NOSPACE": alarms[member, default: []].insert(.noSpace)
            case "CORRUPT": alarms[member, default: []].insert(.corrupt)
            default: continue
            }
        }
        return alarms
    }
}
