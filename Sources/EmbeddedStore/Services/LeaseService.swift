import EtcdWire
import FoundationEssentials
import GRPCCore
import Keyspace
import SwiftProtobuf

/// etcd's `Lease`.
struct LeaseService: Etcdserverpb_Lease.SimpleServiceProtocol {
    let engine: Engine

    func leaseGrant(
        request: Etcdserverpb_LeaseGrantRequest, context: ServerContext
    ) async throws -> Etcdserverpb_LeaseGrantResponse {
        try await answering {
            let lease = try await engine.grantLease(id: request.id, ttlSeconds: request.ttl)
            let header = await header()
            return .with {
                $0.header = header
                $0.id = lease.id
                $0.ttl = lease.grantedTTLSeconds
            }
        }
    }

    func leaseRevoke(
        request: Etcdserverpb_LeaseRevokeRequest, context: ServerContext
    ) async throws -> Etcdserverpb_LeaseRevokeResponse {
        try await answering {
            let revision = try await engine.revokeLease(request.id)
            return .with { $0.header = Etcdserverpb_ResponseHeader(engine.identity, revision: revision) }
        }
    }

    func leaseKeepAlive(
        request: RPCAsyncSequence<Etcdserverpb_LeaseKeepAliveRequest, any Error>,
        response: RPCWriter<Etcdserverpb_LeaseKeepAliveResponse>, context: ServerContext
    ) async throws {
        for try await wish in request {
            let ttl = try await answering { try await renew(wish.id) }
            let header = await header()
            try await response.write(
                .with {
                    $0.header = header
                    $0.id = wish.id
                    $0.ttl = ttl
                })
        }
    }

    func leaseTimeToLive(
        request: Etcdserverpb_LeaseTimeToLiveRequest, context: ServerContext
    ) async throws -> Etcdserverpb_LeaseTimeToLiveResponse {
        try await answering {
            let lease = try await engine.lease(request.id)
            let header = await header()
            return .with {
                $0.header = header
                $0.id = request.id
                $0.ttl = lease.map { $0.remainingMilliseconds / 1000 } ?? -1
                $0.grantedTtl = lease?.grantedTTLSeconds ?? 0
                if request.keys { $0.keys = lease?.keys.map { Data($0) } ?? [] }
            }
        }
    }

    func leaseLeases(
        request: Etcdserverpb_LeaseLeasesRequest, context: ServerContext
    ) async throws -> Etcdserverpb_LeaseLeasesResponse {
        try await answering {
            let ids = try await engine.leaseIDs()
            let header = await header()
            return .with {
                $0.header = header
                $0.leases = ids.map { id in .with { $0.id = id } }
            }
        }
    }

    /// A lease that has ended is not an error here: etcd answers with a time to live of 0.
    private func renew(_ id: Int64) async throws -> Int64 {
        do {
            return try await engine.keepAlive(id)
        } catch KeyspaceError.leaseNotFound {
            return 0
        }
    }

    private func header() async -> Etcdserverpb_ResponseHeader {
        Etcdserverpb_ResponseHeader(engine.identity, revision: await engine.revision)
    }
}
