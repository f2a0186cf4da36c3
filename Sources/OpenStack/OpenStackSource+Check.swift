import Model
import Runtime
import Web

/// One thing that was checked about a cloud.
public struct OpenStackFinding: Hashable, Sendable {
    /// Whether it is as it should be.
    public let isGood: Bool
    /// What was found, in words.
    public let text: String

    init(_ isGood: Bool, _ text: String) {
        self.isGood = isGood
        self.text = text
    }
}

extension OpenStackSource {
    /// A cloud's clock may differ from ours by this much without a word.
    private static let skewMax = Duration.seconds(60)

    /// Tries the cloud from its settings to its services, and says what works.
    public func check() async -> [OpenStackFinding] {
        var findings = [OpenStackFinding(true, "settings of cloud '\(settings.name)' from \(settings.origin)")]
        findings += settings.warnings.map { OpenStackFinding(false, $0) }
        await session.tryAgain()
        let begun = clock.now()
        let token: Token
        do {
            token = try await session.token()
        } catch {
            return findings + [OpenStackFinding(false, Self.words(error))]
        }
        let took = clock.now().since(begun).milliseconds
        findings.append(
            OpenStackFinding(
                true,
                "login at '\(settings.authURL)' in \(took) ms"
                    + (token.projectName.map { " to project '\($0)'" } ?? ", to no project")
                    + ", roles: \(VMMaker.list(token.roles))"))
        for service in Service.allCases where service != .identity {
            findings.append(finding(service, token))
        }
        return findings + (await computeFindings())
    }

    private func finding(_ service: Service, _ token: Token) -> OpenStackFinding {
        do {
            return OpenStackFinding(
                true, "the \(service.rawValue) service is at '\(try token.catalog.address(of: service, settings))'")
        } catch {
            return OpenStackFinding(false, Self.words(error))
        }
    }

    private func computeFindings() async -> [OpenStackFinding] {
        do {
            let api = try await api()
            var findings: [OpenStackFinding] = []
            let versions = api.range.map { "\($0.lowest) to \($0.highest), spoken here \(api.version() ?? $0.highest)" }
            findings.append(
                OpenStackFinding(api.range != nil, "compute versions: \(versions ?? "none: a very old cloud")"))
            let answer = try await session.answer(api.call("GET", "/servers", query: [("limit", "1")]))
            if let there = answer.headers["date"].flatMap({ Moment.http($0) }) {
                let skew = clock.now().since(there)
                let isSmall = skew < Self.skewMax && skew > .zero - Self.skewMax
                let size = (skew < .zero ? .zero - skew : skew).brief
                findings.append(
                    OpenStackFinding(
                        isSmall,
                        isSmall
                            ? "the clocks of the cloud and this computer agree"
                            : "this computer's clock is \(size) \(skew < .zero ? "behind" : "ahead of") the cloud's; set it"
                    ))
            }
            return findings + [await adminFinding(api)]
        } catch {
            return [OpenStackFinding(false, Self.words(error))]
        }
    }

    private func adminFinding(_ api: ComputeAPI) async -> OpenStackFinding {
        do {
            let count = try await api.hypervisors().items.count
            return OpenStackFinding(true, "admin: this user sees \(count) servers")
        } catch OpenStackError.refused(let refusal) where refusal.status == 403 {
            return OpenStackFinding(true, "no admin: this user sees its own VMs, and servers by their IDs only")
        } catch {
            return OpenStackFinding(false, Self.words(error))
        }
    }

    private static func words(_ error: any Error) -> String {
        (error as? OpenStackError)?.description ?? "it was given up"
    }
}
