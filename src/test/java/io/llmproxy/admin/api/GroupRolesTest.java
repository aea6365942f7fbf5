package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.access.Role;
import io.llmproxy.admin.api.GroupRoles.Grant;
import io.llmproxy.config.ScopedGroupConfig;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GroupRolesTest {
    private static final GroupRoles ROLES = new GroupRoles(
            List.of("root"),
            List.of("write"),
            List.of("read"),
            List.of(
                    new ScopedGroupConfig("ads", "ads", ScopedGroupConfig.Role.VIEWER),
                    new ScopedGroupConfig("search", "search", ScopedGroupConfig.Role.EDITOR),
                    new ScopedGroupConfig("leads", "ads", ScopedGroupConfig.Role.ADMIN),
                    new ScopedGroupConfig("search", "other", ScopedGroupConfig.Role.EDITOR)));

    @Test
    void theBestCounts() {
        assertThat(ROLES.best(Set.of("read", "root"))).isEqualTo(new Grant(Role.ADMIN, null));
        assertThat(ROLES.best(Set.of("read", "write"))).isEqualTo(new Grant(Role.EDITOR, null));
        assertThat(ROLES.best(Set.of("leads", "read"))).isEqualTo(new Grant(Role.VIEWER, null));
        assertThat(ROLES.best(Set.of("ads", "leads"))).isEqualTo(new Grant(Role.ADMIN, "ads"));
        assertThat(ROLES.best(Set.of("ads", "search"))).isEqualTo(new Grant(Role.EDITOR, "search"));
        assertThat(ROLES.best(Set.of("elsewhere"))).isNull();
        assertThat(ROLES.best(Set.of())).isNull();
    }

    @Test
    void aStarIsEveryone() {
        GroupRoles all = new GroupRoles(List.of(), List.of(), List.of("*"), List.of());
        assertThat(all.best(Set.of())).isEqualTo(new Grant(Role.VIEWER, null));
        GroupRoles scoped = new GroupRoles(
                List.of(),
                List.of(),
                List.of(),
                List.of(new ScopedGroupConfig("*", "guests", ScopedGroupConfig.Role.VIEWER)));
        assertThat(scoped.best(Set.of("any"))).isEqualTo(new Grant(Role.VIEWER, "guests"));
    }
}
