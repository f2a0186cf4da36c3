/// What a click on a block of the screen does.
public struct Zone: Hashable, Sendable {
    /// What it does.
    public enum Hit: Hashable, Sendable {
        /// The same as this key.
        case key(Key)
        /// Chooses a row of the list shown, counted from 0.
        case row(Int)
    }

    /// Where it is.
    public var rect: Rect
    /// What it does.
    public var hit: Hit
}

extension Screen {
    /// Lets a click on a block do something; what was drawn later lies above.
    public mutating func zone(_ rect: Rect, _ hit: Zone.Hit) {
        zones.append(Zone(rect: rect, hit: hit))
    }

    /// Nothing that was drawn so far can be clicked any more: a question lies over it.
    public mutating func coverZones() {
        zones = []
    }

    /// What a click at a point does; nil for nothing.
    public func hit(at point: Point) -> Zone.Hit? {
        zones.last { $0.rect.contains(point) }?.hit
    }
}
