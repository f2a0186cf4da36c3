import EtcdWire
import GRPCCore
import SwiftProtobuf

/// etcd's `Cluster`: this store is the only member.
struct ClusterService: Etcdserverpb_Cluster.SimpleServiceProtocol {
    let engine: Engine
    /// Where clients reach the store; known once it listens.
    let clientURL: @Sendable () async -> String

    func memberList(
        request: Etcdserverpb_MemberListRequest, context: ServerContext
    ) async throws -> Etcdserverpb_MemberListResponse {
        let revision = await engine.revision
        let url = await clientURL()
        return .with {
            $0.header = Etcdserverpb_ResponseHeader(engine.identity, revision: revision)
            $0.members = [
                .with {
                    $0.id = engine.identity.memberID
                    $0.name = "embedded"
                    $0.clientUrls = [url]
                }
            ]
        }
    }
}

/// etcd's `Maintenance`: the status of the only member, which leads itself; there are no alarms.
struct MaintenanceService: Etcdserverpb_Maintenance.SimpleServiceProtocol {
    /// The version of etcd's API that is served.
    static let version = "3.4.0"

    let engine: Engine

    func alarm(request: Etcdserverpb_AlarmRequest, context: ServerContext) async throws -> Etcdserverpb_AlarmResponse {
        let revision = await engine.revision
        return .with { $0.header = Etcdserverpb_ResponseHeader(engine.identity, revision: revision) }
    }

    func status(
        request: Etcdserverpb_StatusRequest, context: ServerContext
    ) async throws -> Etcdserverpb_StatusResponse {
        try await answering {
            let revision = await engine.revision
            let byteCount = try await engine.byteCount()
            return .with {
                $0.header = Etcdserverpb_ResponseHeader(engine.identity, revision: revision)
                $0.version = Self.version
                $0.dbSize = byteCount
                $0.dbSizeInUse = byteCount
                $0.leader = engine.identity.memberID
                $0.raftIndex = UInt64(revision)
                $0.raftAppliedIndex = UInt64(revision)
                $0.raftTerm = 1
            }
        }
    }
}

/// etcd's `Auth`, never enabled here.
struct AuthService: Etcdserverpb_Auth.SimpleServiceProtocol {
    func authenticate(
        request: Etcdserverpb_AuthenticateRequest, context: ServerContext
    ) async throws -> Etcdserverpb_AuthenticateResponse {
        throw RPCError(code: .failedPrecondition, message: "etcdserver: authentication is not enabled")
    }
}
