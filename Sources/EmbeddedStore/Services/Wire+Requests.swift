import EtcdWire
import FoundationEssentials
import GRPCCore
import Keyspace

// etcd's messages as the keyspace's requests.

extension Keyspace.KeyRange {
    init(_ key: Data, _ rangeEnd: Data) {
        self.init(key: [UInt8](key), rangeEnd: [UInt8](rangeEnd))
    }
}

extension Keyspace.RangeRequest {
    init(_ wire: Etcdserverpb_RangeRequest) throws {
        self.init(Keyspace.KeyRange(wire.key, wire.rangeEnd))
        limit = Int(clamping: wire.limit)
        revision = wire.revision
        keysOnly = wire.keysOnly
        countOnly = wire.countOnly
        modRevisionMin = wire.minModRevision
        modRevisionMax = wire.maxModRevision
        createRevisionMin = wire.minCreateRevision
        createRevisionMax = wire.maxCreateRevision
        let problem = RPCError(code: .invalidArgument, message: "etcdserver: invalid sort option")
        sortOrder =
            switch wire.sortOrder {
            case .none: .none
            case .ascend: .ascending
            case .descend: .descending
            case .UNRECOGNIZED: throw problem
            }
        sortTarget =
            switch wire.sortTarget {
            case .key: .key
            case .version: .version
            case .create: .createRevision
            case .mod: .modRevision
            case .value: .value
            case .UNRECOGNIZED: throw problem
            }
    }
}

extension Keyspace.PutRequest {
    init(_ wire: Etcdserverpb_PutRequest) {
        self.init([UInt8](wire.key), [UInt8](wire.value), lease: wire.lease)
        wantsPrevious = wire.prevKv
        ignoresValue = wire.ignoreValue
        ignoresLease = wire.ignoreLease
    }
}

extension Keyspace.DeleteRequest {
    init(_ wire: Etcdserverpb_DeleteRangeRequest) {
        self.init(Keyspace.KeyRange(wire.key, wire.rangeEnd), wantsPrevious: wire.prevKv)
    }
}

extension Keyspace.Compare {
    init(_ wire: Etcdserverpb_Compare) throws {
        let relation: Relation =
            switch wire.result {
            case .equal: .equal
            case .greater: .greater
            case .less: .less
            case .notEqual: .notEqual
            case .UNRECOGNIZED: throw RPCError(code: .invalidArgument, message: "etcdserver: unknown comparison")
            }
        // A field that was not sent is zero, as everywhere in proto3.
        let target: Target =
            switch wire.target {
            case .version: .version(wire.version)
            case .create: .createRevision(wire.createRevision)
            case .mod: .modRevision(wire.modRevision)
            case .value: .value([UInt8](wire.value))
            case .lease: .lease(wire.lease)
            case .UNRECOGNIZED: throw RPCError(code: .invalidArgument, message: "etcdserver: unknown comparison")
            }
        self.init(Keyspace.KeyRange(wire.key, wire.rangeEnd), relation, target)
    }
}

extension Keyspace.Txn {
    init(_ wire: Etcdserverpb_TxnRequest) throws {
        self.init(
            if: try wire.compare.map(Keyspace.Compare.init), then: try wire.success.map(Keyspace.Operation.init),
            else: try wire.failure.map(Keyspace.Operation.init))
    }
}

extension Keyspace.Operation {
    init(_ wire: Etcdserverpb_RequestOp) throws {
        switch wire.request {
        case .requestRange(let request): self = .range(try Keyspace.RangeRequest(request))
        case .requestPut(let request): self = .put(Keyspace.PutRequest(request))
        case .requestDeleteRange(let request): self = .delete(Keyspace.DeleteRequest(request))
        case .requestTxn(let request): self = .txn(try Keyspace.Txn(request))
        case nil: throw RPCError(code: .invalidArgument, message: "etcdserver: key is not provided")
        }
    }
}
