import Screen

extension Console {
    /// Rows that a caption may take; what does not fit is cut.
    private static let captionRows = 4
    /// Below so many rows there is no room for a caption.
    private static let rowsForCaption = 12

    /// What is left of the screen above the caption.
    func stage(_ size: Size) -> Size {
        Size(width: size.width, height: size.height - captionLines(size).count)
    }

    private func captionLines(_ size: Size) -> [String] {
        guard let caption, size.height >= Self.rowsForCaption, size.width >= 40 else { return [] }
        let more = captionWaits ? " (\(key(of: Command.goOn)))" : ""
        return Array(Self.wrapped(caption + more, size.width - 4).prefix(Self.captionRows))
    }

    /// What is being done, and what to look at, below everything.
    func drawCaption(on screen: inout Screen) {
        let lines = captionLines(screen.size)
        for (offset, line) in lines.enumerated() {
            let row = Rect(
                x: 0, y: screen.size.height - lines.count + offset, width: screen.size.width)
            screen.put((offset == 0 ? "▶ " : "  ") + line, .banner, in: Rect(x: 1, y: row.y, width: row.width - 2))
            screen.lay(row, on: .banner)
        }
    }
}
