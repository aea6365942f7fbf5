package io.llmproxy.config;

import io.llmproxy.net.Network;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A proxy in front of the admin API that has signed people in, and says who they are. */
@Switchable
public record SsoConfig(
        @Setting(
                value =
                        "Networks (`10.0.0.0/8`) and addresses of the proxy; the headers are ignored from other addresses.",
                required = true)
        List<Network> trustedProxies,

        @Setting(
                "Secret that the proxy sends in `X-LLMProxy-Proxy-Secret`. Without it, the proxy must show a client certificate that the listener checks.")
        @Nullable Secret secret,

        @Setting(value = "Header with the person's name.", byDefault = "X-Forwarded-User")
        String userHeader,

        @Setting(value = "Header with the person's groups, with commas between them.", byDefault = "X-Forwarded-Groups")
        String groupsHeader,

        @Setting("Groups whose members have the role `admin`; `*` stands for everyone.")
        List<String> adminGroups,

        @Setting("Groups whose members have the role `editor`.")
        List<String> editorGroups,

        @Setting("Groups whose members have the role `viewer`.")
        List<String> viewerGroups,

        @Setting("Groups whose members have a role for one scope only. A role above counts more.")
        List<ScopedGroupConfig> scopedGroups) {
    /** Copies the lists. */
    public SsoConfig {
        trustedProxies = List.copyOf(trustedProxies);
        adminGroups = List.copyOf(adminGroups);
        editorGroups = List.copyOf(editorGroups);
        viewerGroups = List.copyOf(viewerGroups);
        scopedGroups = List.copyOf(scopedGroups);
    }
}
