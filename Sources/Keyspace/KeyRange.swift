extension Keyspace {
    /// The keys a request is about: one key, or all from a key up to another or to the end.
    public struct KeyRange: Sendable, Hashable {
        /// Where a range ends.
        public enum End: Sendable, Hashable {
            /// The range is one key.
            case single
            /// The range ends before this key.
            case below([UInt8])
            /// The range has no end.
            case unbounded
        }

        /// The first key of the range.
        public var lower: [UInt8]
        /// Where the range ends.
        public var end: End

        /// Makes a range of its two ends.
        public init(lower: [UInt8], end: End) {
            self.lower = lower
            self.end = end
        }

        /// Reads etcd's form: no `rangeEnd` is one key, a single zero byte is no end.
        public init(key: [UInt8], rangeEnd: [UInt8]) {
            self.lower = key
            switch rangeEnd {
            case []: end = .single
            case [0]: end = .unbounded
            default: end = .below(rangeEnd)
            }
        }

        /// One key.
        public static func key(_ key: [UInt8]) -> KeyRange { KeyRange(lower: key, end: .single) }

        /// Every key there is.
        public static let all = KeyRange(lower: [0], end: .unbounded)

        /// Every key that begins with the prefix; an empty prefix is every key.
        public static func prefix(_ prefix: [UInt8]) -> KeyRange {
            if prefix.isEmpty { return .all }
            guard let last = prefix.lastIndex(where: { $0 != 0xff }) else {
                return KeyRange(lower: prefix, end: .unbounded)
            }
            return KeyRange(lower: prefix, end: .below(prefix[..<last] + [prefix[last] + 1]))
        }

        /// The end in etcd's form, for requests.
        public var rangeEnd: [UInt8] {
            switch end {
            case .single: []
            case .below(let key): key
            case .unbounded: [0]
            }
        }

        /// Whether the key lies in the range.
        public func contains(_ key: [UInt8]) -> Bool {
            switch end {
            case .single: key == lower
            case .below(let upper): !ByteOrder.precedes(key, lower) && ByteOrder.precedes(key, upper)
            case .unbounded: !ByteOrder.precedes(key, lower)
            }
        }

        /// Whether the key lies behind every key of the range.
        func ends(before key: [UInt8]) -> Bool {
            switch end {
            case .single: ByteOrder.precedes(lower, key)
            case .below(let upper): !ByteOrder.precedes(key, upper)
            case .unbounded: false
            }
        }
    }
}

/// The order of keys: by their bytes, a prefix before what it begins.
enum ByteOrder {
    /// Whether one key comes before another; eight bytes at a step, since every look-up lives on it.
    static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                let common = min(left.count, right.count)
                var offset = 0
                while offset + 8 <= common {
                    let one = UInt64(bigEndian: left.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                    let two = UInt64(bigEndian: right.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                    if one != two { return one < two }
                    offset += 8
                }
                while offset < common {
                    if left[offset] != right[offset] { return left[offset] < right[offset] }
                    offset += 1
                }
                return left.count < right.count
            }
        }
    }
}
