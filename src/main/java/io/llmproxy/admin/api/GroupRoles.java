package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import io.llmproxy.config.OidcConfig;
import io.llmproxy.config.ScopedGroupConfig;
import io.llmproxy.config.SsoConfig;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which groups have which role.
 *
 * @param admins groups whose members are admins; {@code *} stands for everyone
 * @param editors the same of editors
 * @param viewers the same of viewers
 * @param scoped groups with a role that is bound to a scope
 */
record GroupRoles(List<String> admins, List<String> editors, List<String> viewers, List<ScopedGroupConfig> scoped) {
    private static final String ANYONE = "*";

    static GroupRoles of(OidcConfig config) {
        return new GroupRoles(
                config.adminGroups(), config.editorGroups(), config.viewerGroups(), config.scopedGroups());
    }

    static GroupRoles of(SsoConfig config) {
        return new GroupRoles(
                config.adminGroups(), config.editorGroups(), config.viewerGroups(), config.scopedGroups());
    }

    /**
     * What a member may do.
     *
     * @param scope to whose keys that is bound; null for the whole gateway
     */
    record Grant(Role role, @Nullable String scope) {}

    /**
     * The best that one may do who is in these groups; null if none of them has a role. A role for the whole gateway is better than one of a
     * scope; of two scopes, the one with the better role counts, else the first.
     */
    @Nullable Grant best(Set<String> groups) {
        if (isIn(groups, admins)) {
            return new Grant(Role.ADMIN, null);
        }
        if (isIn(groups, editors)) {
            return new Grant(Role.EDITOR, null);
        }
        if (isIn(groups, viewers)) {
            return new Grant(Role.VIEWER, null);
        }
        return scoped.stream()
                .filter(one -> isIn(groups, List.of(one.group())))
                .map(one -> new Grant(role(one.role()), one.scope()))
                .min(Comparator.comparing(Grant::role).reversed())
                .orElse(null);
    }

    private static Role role(ScopedGroupConfig.Role configured) {
        return switch (configured) {
            case VIEWER -> Role.VIEWER;
            case EDITOR -> Role.EDITOR;
            case ADMIN -> Role.ADMIN;
        };
    }

    private static boolean isIn(Set<String> groups, List<String> wanted) {
        return wanted.contains(ANYONE) || wanted.stream().anyMatch(groups::contains);
    }
}
