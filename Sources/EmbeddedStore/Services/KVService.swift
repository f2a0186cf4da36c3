import EtcdWire
import GRPCCore
import Keyspace
import SwiftProtobuf

/// etcd's `KV`.
struct KVService: Etcdserverpb_KV.SimpleServiceProtocol {
    let engine: Engine

    func range(
        request: Etcdserverpb_RangeRequest, context: ServerContext
    ) async throws -> Etcdserverpb_RangeResponse {
        try await answering {
            let found = try await engine.range(Keyspace.RangeRequest(request))
            return Etcdserverpb_RangeResponse(found.answer, header: header(found.revision))
        }
    }

    func put(request: Etcdserverpb_PutRequest, context: ServerContext) async throws -> Etcdserverpb_PutResponse {
        try await answering {
            let applied = try await engine.put(Keyspace.PutRequest(request))
            return Etcdserverpb_PutResponse(previous: applied.answer, header: header(applied.revision))
        }
    }

    func deleteRange(
        request: Etcdserverpb_DeleteRangeRequest, context: ServerContext
    ) async throws -> Etcdserverpb_DeleteRangeResponse {
        try await answering {
            let applied = try await engine.delete(Keyspace.DeleteRequest(request))
            return Etcdserverpb_DeleteRangeResponse(applied.answer, header: header(applied.revision))
        }
    }

    func txn(request: Etcdserverpb_TxnRequest, context: ServerContext) async throws -> Etcdserverpb_TxnResponse {
        try await answering {
            let applied = try await engine.txn(Keyspace.Txn(request))
            return Etcdserverpb_TxnResponse(applied.answer, header: header(applied.revision))
        }
    }

    func compact(
        request: Etcdserverpb_CompactionRequest, context: ServerContext
    ) async throws -> Etcdserverpb_CompactionResponse {
        try await answering {
            let revision = try await engine.compact(to: request.revision)
            return .with { $0.header = header(revision) }
        }
    }

    private func header(_ revision: Int64) -> Etcdserverpb_ResponseHeader {
        Etcdserverpb_ResponseHeader(engine.identity, revision: revision)
    }
}
