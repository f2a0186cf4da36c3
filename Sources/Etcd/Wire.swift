import EtcdWire
import FoundationEssentials

// Our values as etcd's messages, and back.

extension KeyValue {
    init(_ wire: Etcdserverpb_KeyValue) {
        self.init(
            key: String(decoding: wire.key, as: UTF8.self), value: [UInt8](wire.value),
            createRevision: wire.createRevision, modRevision: wire.modRevision, version: wire.version,
            lease: wire.lease)
    }
}

/// The range of all keys that begin with a prefix, in etcd's form.
struct PrefixRange {
    let key: Data
    let end: Data

    init(_ prefix: String) {
        let bytes = Array(prefix.utf8)
        guard let last = bytes.lastIndex(where: { $0 != 0xff }) else {
            // A zero byte as key and end is every key.
            key = Data([0])
            end = Data([0])
            return
        }
        key = Data(bytes)
        end = Data(bytes[..<last] + [bytes[last] + 1])
    }
}

extension Etcdserverpb_Compare {
    init(_ compare: Compare) {
        self.init()
        result = .equal
        switch compare {
        case .modRevision(let key, let revision): set(key, .mod, .modRevision(revision))
        case .createRevision(let key, let revision): set(key, .create, .createRevision(revision))
        case .version(let key, let version): set(key, .version, .version(version))
        case .value(let key, let value): set(key, .value, .value(Data(value)))
        case .absent(let key): set(key, .create, .createRevision(0))
        case .present(let key):
            set(key, .create, .createRevision(0))
            result = .notEqual
        }
    }

    private mutating func set(_ key: String, _ target: CompareTarget, _ wanted: OneOf_TargetUnion) {
        self.key = Data(key.utf8)
        self.target = target
        targetUnion = wanted
    }
}

extension Etcdserverpb_RequestOp {
    init(_ operation: Op) {
        self.init()
        switch operation {
        case .put(let key, let value, let lease):
            requestPut.key = Data(key.utf8)
            requestPut.value = Data(value)
            requestPut.lease = lease
        case .delete(let key):
            requestDeleteRange.key = Data(key.utf8)
            requestDeleteRange.prevKv = true
        case .deletePrefix(let prefix):
            let range = PrefixRange(prefix)
            requestDeleteRange.key = range.key
            requestDeleteRange.rangeEnd = range.end
            requestDeleteRange.prevKv = true
        case .get(let key):
            requestRange.key = Data(key.utf8)
        }
    }
}

extension TxnResult {
    init(_ wire: Etcdserverpb_TxnResponse) {
        let fetched = wire.responses.map { answer -> [KeyValue] in
            switch answer.response {
            case .responseRange(let range): range.kvs.map(KeyValue.init)
            case .responseDeleteRange(let deleted): deleted.prevKvs.map(KeyValue.init)
            case .responsePut, .responseTxn, nil: []
            }
        }
        self.init(succeeded: wire.succeeded, revision: wire.header.revision, fetched: fetched)
    }
}
