package io.llmproxy.config;

import io.llmproxy.net.IpAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An identity provider that speaks OpenID Connect, which signs people in to the console. */
@Switchable
public record OidcConfig(
        @Setting(
                value =
                        "The provider, exactly as it names itself; `/.well-known/openid-configuration` is added to find its addresses. `http` on this machine only.",
                required = true)
        String issuer,

        @Setting(value = "What the gateway is called at the provider.", required = true)
        String clientId,

        @Setting("Secret that the provider has given the gateway; absent for a public client.") @Nullable Secret clientSecret,

        @Setting(value = "What the console calls the provider.", byDefault = "SSO")
        String name,

        @Setting("What the provider is asked for besides `openid`; without this key, `profile` and `email`.")
        List<String> scopes,

        @Setting(
                value = "Claim with the person's name; without it in a token, `sub` is taken.",
                byDefault = "preferred_username")
        String nameClaim,

        @Setting(
                value =
                        "Claim with the person's groups: a list or one name. Dots lead into objects, as in `realm_access.roles`.",
                byDefault = "groups")
        String groupsClaim,

        @Setting("Groups whose members have the role `admin`; `*` stands for everyone.")
        List<String> adminGroups,

        @Setting("Groups whose members have the role `editor`.")
        List<String> editorGroups,

        @Setting("Groups whose members have the role `viewer`.")
        List<String> viewerGroups,

        @Setting("Groups whose members have a role for one scope only. A role above counts more.")
        List<ScopedGroupConfig> scopedGroups,

        @Setting(
                "Address of the console as browsers see it, which ends with `/admin/ui/`. The provider sends people back there. Without it, the browser tells it.")
        @Nullable URI consoleUrl,

        @Setting("PEM file with the authorities that sign the provider's certificate; without it, Java's own.")
        @Nullable Path caFile) {
    /** Where the console is below the address of the gateway. */
    public static final String CONSOLE = "/admin/ui/";

    /** Copies the lists. */
    public OidcConfig {
        scopes = List.copyOf(scopes);
        adminGroups = List.copyOf(adminGroups);
        editorGroups = List.copyOf(editorGroups);
        viewerGroups = List.copyOf(viewerGroups);
        scopedGroups = List.copyOf(scopedGroups);
    }

    /** Whether what is sent to an address cannot be read or changed on the way: it is HTTPS, or does not leave this machine. */
    public static boolean isSafe(URI address) {
        String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
        String host = UrlHost.of(address).map(UrlHost::name).orElse("");
        boolean plain = address.getRawUserInfo() == null && address.getRawFragment() == null && !host.isEmpty();
        return plain && (scheme.equals("https") || (scheme.equals("http") && isLocal(host)));
    }

    private static boolean isLocal(String host) {
        return host.equals("localhost")
                || IpAddress.parseEndpoint(host).map(IpAddress::isLoopback).orElse(false);
    }

    /** All that the provider is asked for, as it is sent. */
    public String scope() {
        List<String> more = scopes.isEmpty() ? List.of("profile", "email") : scopes;
        return String.join(
                " ",
                Stream.concat(Stream.of("openid"), more.stream()).distinct().toList());
    }
}
