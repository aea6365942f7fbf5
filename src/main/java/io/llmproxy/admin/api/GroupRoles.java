package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which groups have which role.
 *
 * @param admins groups whose members are admins; {@code *} stands for everyone
 * @param editors the same of editors
 * @param viewers the same of viewers
 */
record GroupRoles(List<String> admins, List<String> editors, List<String> viewers) {
    private static final String ANYONE = "*";

    /** The best role of one who is in these groups; null if none of them has one. */
    @Nullable Role best(Set<String> groups) {
        if (isIn(groups, admins)) {
            return Role.ADMIN;
        }
        if (isIn(groups, editors)) {
            return Role.EDITOR;
        }
        return isIn(groups, viewers) ? Role.VIEWER : null;
    }

    private static boolean isIn(Set<String> groups, List<String> wanted) {
        return wanted.contains(ANYONE) || wanted.stream().anyMatch(groups::contains);
    }
}
