import Console
import Curses
import FoundationEssentials
import Model
import Settings

/// What every screen does for its console: the clipboard, files, themes, stepping aside.
struct ScreenEffects: Sendable {
    let themes: Themes

    /// Carries out an effect that needs no source; the event that tells what came of it.
    func carryOut(_ effect: Console.Effect) async -> Console.Event? {
        switch effect {
        case .copy(let text): await Terminal.copyToClipboard(text)
        case .write(let name, let text): return .told(write(name, text))
        case .readFile(let path): return .file(path, read(path))
        case .setTheme(let name):
            guard let theme = themes[name] else { return nil }
            await Terminal.setTheme(theme)
            return .theme(name)
        case .suspend: await Terminal.stop()
        case .redraw: await Terminal.redraw()
        case .quit: await Terminal.quit()
        case .order, .followLog, .stopLog, .look, .judge, .logIn, .context, .replay, .goOn: break
        }
        return nil
    }

    private func write(_ name: String, _ text: String) -> String {
        let path = FileManager.default.currentDirectoryPath + "/" + name
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .withoutOverwriting)
            return "written to \(path)"
        } catch {
            return "cannot write '\(path)': \(SafeText.clean("\(error)", limit: 200))"
        }
    }

    private func read(_ path: String) -> Console.FileContent {
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            return .text(String(decoding: data.prefix(UnitFile.bytesMax + 1), as: UTF8.self))
        } catch {
            return .failure("cannot read '\(SafeText.name(path))': \(SafeText.clean("\(error)", limit: 200))")
        }
    }
}
