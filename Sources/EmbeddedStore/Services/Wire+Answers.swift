import EtcdWire
import FoundationEssentials
import GRPCCore
import Keyspace

// The keyspace's answers as etcd's messages.

extension Etcdserverpb_ResponseHeader {
    init(_ identity: Engine.Identity, revision: Int64) {
        self.init()
        clusterID = identity.clusterID
        memberID = identity.memberID
        self.revision = revision
        raftTerm = 1
    }
}

extension Etcdserverpb_KeyValue {
    init(_ item: Keyspace.KeyValue) {
        self.init()
        key = Data(item.key)
        value = Data(item.value)
        createRevision = item.createRevision
        modRevision = item.modRevision
        version = item.version
        lease = item.lease
    }
}

extension Etcdserverpb_RangeResponse {
    init(_ answer: Keyspace.RangeAnswer, header: Etcdserverpb_ResponseHeader) {
        self.init()
        self.header = header
        kvs = answer.items.map(Etcdserverpb_KeyValue.init)
        more = answer.more
        count = Int64(answer.count)
    }
}

extension Etcdserverpb_PutResponse {
    init(previous: Keyspace.KeyValue?, header: Etcdserverpb_ResponseHeader) {
        self.init()
        self.header = header
        if let previous { prevKv = Etcdserverpb_KeyValue(previous) }
    }
}

extension Etcdserverpb_DeleteRangeResponse {
    init(_ answer: Keyspace.DeleteAnswer, header: Etcdserverpb_ResponseHeader) {
        self.init()
        self.header = header
        deleted = Int64(answer.deleted)
        prevKvs = answer.previous.map(Etcdserverpb_KeyValue.init)
    }
}

extension Etcdserverpb_TxnResponse {
    init(_ answer: Keyspace.TxnAnswer, header: Etcdserverpb_ResponseHeader) {
        self.init()
        self.header = header
        succeeded = answer.succeeded
        responses = answer.answers.map { Etcdserverpb_ResponseOp($0, header: header) }
    }
}

extension Etcdserverpb_ResponseOp {
    init(_ answer: Keyspace.OperationAnswer, header: Etcdserverpb_ResponseHeader) {
        self.init()
        response =
            switch answer {
            case .range(let answer): .responseRange(Etcdserverpb_RangeResponse(answer, header: header))
            case .put(let previous): .responsePut(Etcdserverpb_PutResponse(previous: previous, header: header))
            case .delete(let answer):
                .responseDeleteRange(Etcdserverpb_DeleteRangeResponse(answer, header: header))
            case .txn(let answer): .responseTxn(Etcdserverpb_TxnResponse(answer, header: header))
            }
    }
}

/// Runs a request and tells its failure as etcd would.
func answering<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
    do {
        return try await body()
    } catch let error as KeyspaceError {
        throw RPCError(code: error.code, message: error.description)
    } catch let error as EmbeddedStoreError {
        throw RPCError(code: .unavailable, message: error.description)
    } catch is CancellationError {
        throw RPCError(code: .unavailable, message: "etcdserver: server stopped")
    }
}

extension KeyspaceError {
    /// - Source: etcd, `api/v3rpc/rpctypes/error.go`.
    fileprivate var code: RPCError.Code {
        switch self {
        case .keyNotProvided, .keyNotFound, .valueProvided, .leaseProvided, .tooManyOperations, .duplicateKey,
            .requestTooLarge:
            .invalidArgument
        case .compacted, .futureRevision, .leaseTTLTooLarge: .outOfRange
        case .leaseNotFound: .notFound
        case .leaseExists: .failedPrecondition
        }
    }
}
