import Model
public import Runtime
import Web

extension OpenStackSource {
    /// A cloud's clock may differ from ours by this much without a word.
    private static let skewMax = Duration.seconds(60)

    /// Tries the cloud from its settings to its services, and says what works.
    public func check() async -> [CloudCheck] {
        var findings = [CloudCheck(.good, "settings of cloud '\(settings.name)' from \(settings.origin)")]
        findings += settings.warnings.map { CloudCheck(.warning, $0) }
        await session.tryAgain()
        let begun = clock.now()
        let token: Token
        do {
            token = try await session.token()
        } catch {
            return findings + [CloudCheck(.bad, Self.words(error))]
        }
        let took = clock.now().since(begun).milliseconds
        findings.append(
            CloudCheck(
                .good,
                "login at '\(settings.authURL)' in \(took) ms"
                    + (token.projectName.map { " to project '\($0)'" } ?? ", to no project")
                    + ", roles: \(VMMaker.list(token.roles))"))
        for service in Service.allCases where service != .identity {
            findings.append(finding(service, token))
        }
        return findings + (await computeFindings())
    }

    private func finding(_ service: Service, _ token: Token) -> CloudCheck {
        do {
            let address = try token.catalog.address(of: service, settings)
            let what = "the \(service.rawValue) service is at '\(SafeText.clean(address, limit: 200))'"
            guard address.hasPrefix("http://"), settings.authURL.hasPrefix("https://") else {
                return CloudCheck(.good, what)
            }
            return CloudCheck(.warning, "\(what): the token goes there readable for everybody on the way")
        } catch {
            return CloudCheck(.bad, Self.words(error))
        }
    }

    private func computeFindings() async -> [CloudCheck] {
        do {
            let api = try await api()
            var findings: [CloudCheck] = []
            let versions = api.range.map { "\($0.lowest) to \($0.highest), spoken here \(api.version() ?? $0.highest)" }
            findings.append(
                CloudCheck(
                    api.range == nil ? .warning : .good, "compute versions: \(versions ?? "none: a very old cloud")"))
            let answer = try await session.answer(api.call("GET", "/servers", query: [("limit", "1")]))
            if let there = answer.headers["date"].flatMap({ Moment.http($0) }) {
                let skew = clock.now().since(there)
                let isSmall = skew < Self.skewMax && skew > .zero - Self.skewMax
                let side = skew < .zero ? "behind" : "ahead of"
                let size = (skew < .zero ? .zero - skew : skew).brief
                findings.append(
                    CloudCheck(
                        isSmall ? .good : .warning,
                        isSmall
                            ? "the clocks of the cloud and this computer agree"
                            : "this computer's clock is \(size) \(side) the cloud's; set it"
                    ))
            }
            return findings + [await adminFinding(api)]
        } catch {
            return [CloudCheck(.bad, Self.words(error))]
        }
    }

    private func adminFinding(_ api: ComputeAPI) async -> CloudCheck {
        do {
            let count = try await api.hypervisors().items.count
            return CloudCheck(.good, "admin: this user sees \(count) servers")
        } catch OpenStackError.refused(let refusal) where refusal.status == 403 {
            return CloudCheck(.warning, "no admin: this user sees its own VMs, and servers by their IDs only")
        } catch {
            return CloudCheck(.bad, Self.words(error))
        }
    }

    private static func words(_ error: any Error) -> String {
        (error as? OpenStackError)?.description ?? "it was given up"
    }
}
