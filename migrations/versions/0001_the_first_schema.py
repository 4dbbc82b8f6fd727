"""The first schema"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('accounts_person',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('login', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('email', sa.String(length=200), nullable=True),
    sa.Column('password_hash', sa.String(length=200), nullable=True),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_person')),
    sa.UniqueConstraint('login', name=op.f('uq_accounts_person_login'))
    )
    op.create_table('accounts_region',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('timezone', sa.String(length=40), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_region')),
    sa.UniqueConstraint('code', name=op.f('uq_accounts_region_code'))
    )
    op.create_table('forms_sheet',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('form', sa.Text(), nullable=False),
    sa.Column('fiscal_year', sa.Integer(), nullable=True),
    sa.Column('department', sa.Text(), nullable=False),
    sa.Column('annual_goal', sa.Text(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=True),
    sa.Column('fiscal', sa.BigInteger(), nullable=True),
    sa.Column('other', sa.BigInteger(), nullable=True),
    sa.Column('basic', sa.BigInteger(), nullable=True),
    sa.Column('project', sa.BigInteger(), nullable=True),
    sa.Column('decimals', sa.Integer(), nullable=False),
    sa.Column('edit', sa.Integer(), nullable=False),
    sa.CheckConstraint('basic BETWEEN 0 AND 9000000000000000', name=op.f('ck_forms_sheet_basic_in_range')),
    sa.CheckConstraint('decimals BETWEEN 0 AND 6', name=op.f('ck_forms_sheet_decimals_in_range')),
    sa.CheckConstraint('fiscal BETWEEN 0 AND 9000000000000000', name=op.f('ck_forms_sheet_fiscal_in_range')),
    sa.CheckConstraint('other BETWEEN 0 AND 9000000000000000', name=op.f('ck_forms_sheet_other_in_range')),
    sa.CheckConstraint('project BETWEEN 0 AND 9000000000000000', name=op.f('ck_forms_sheet_project_in_range')),
    sa.CheckConstraint('total BETWEEN 0 AND 9000000000000000', name=op.f('ck_forms_sheet_total_in_range')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forms_sheet'))
    )
    op.create_table('ledger_entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('chain', sa.String(length=40), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('act', sa.String(length=40), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('person_name', sa.String(length=100), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('from_version', sa.Integer(), nullable=True),
    sa.Column('from_state', sa.String(length=40), nullable=True),
    sa.Column('to_state', sa.String(length=40), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('previous_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('(from_version IS NULL AND from_state IS NULL AND to_state IS NULL) OR (from_version IS NOT NULL AND from_state IS NOT NULL AND to_state IS NOT NULL)', name=op.f('ck_ledger_entry_a_move_has_version_and_states')),
    sa.CheckConstraint('position >= 1', name=op.f('ck_ledger_entry_position_counts_from_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_entry')),
    sa.UniqueConstraint('chain', 'from_version', name=op.f('uq_ledger_entry_chain_from_version')),
    sa.UniqueConstraint('chain', 'position', name=op.f('uq_ledger_entry_chain_position'))
    )
    with op.batch_alter_table('ledger_entry', schema=None) as batch_op:
        batch_op.create_index('ix_ledger_entry_act_id', ['act', 'id'], unique=False)

    op.create_table('notifications_cursor',
    sa.Column('chain', sa.String(length=40), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('chain', name=op.f('pk_notifications_cursor'))
    )
    op.create_table('notifications_heartbeat',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.CheckConstraint('(failed_at IS NULL) = (error IS NULL)', name=op.f('ck_notifications_heartbeat_a_failure_has_when_and_why')),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_notifications_heartbeat'))
    )
    op.create_table('workflow_effect',
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('outcome', sa.JSON(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('person_id', 'key', name=op.f('pk_workflow_effect'))
    )
    op.create_table('accounts_department',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('region_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('path', sa.String(length=200), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('short_name', sa.String(length=60), nullable=False),
    sa.Column('submits', sa.Boolean(), nullable=False),
    sa.CheckConstraint('parent_id IS NULL OR parent_id <> id', name=op.f('ck_accounts_department_not_its_own_parent')),
    sa.ForeignKeyConstraint(['parent_id'], ['accounts_department.id'], name=op.f('fk_accounts_department_parent_id')),
    sa.ForeignKeyConstraint(['region_id'], ['accounts_region.id'], name=op.f('fk_accounts_department_region_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_department')),
    sa.UniqueConstraint('region_id', 'code', name=op.f('uq_accounts_department_region_id_code')),
    sa.UniqueConstraint('region_id', 'name', name=op.f('uq_accounts_department_region_id_name'))
    )
    with op.batch_alter_table('accounts_department', schema=None) as batch_op:
        batch_op.create_index('ix_accounts_department_region_path', ['region_id', 'path'], unique=False)

    op.create_table('forms_indicator',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sheet_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('level1', sa.Text(), nullable=False),
    sa.Column('level2', sa.Text(), nullable=False),
    sa.Column('level3', sa.Text(), nullable=False),
    sa.Column('target_raw', sa.Text(), nullable=False),
    sa.Column('operator', sa.Text(), nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('definition', sa.Text(), nullable=False),
    sa.Column('edit', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['sheet_id'], ['forms_sheet.id'], name=op.f('fk_forms_indicator_sheet_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forms_indicator'))
    )
    with op.batch_alter_table('forms_indicator', schema=None) as batch_op:
        batch_op.create_index('ix_forms_indicator_sheet_id_position', ['sheet_id', 'position'], unique=False)

    op.create_table('forms_task',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sheet_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('edit', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['sheet_id'], ['forms_sheet.id'], name=op.f('fk_forms_task_sheet_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forms_task'))
    )
    with op.batch_alter_table('forms_task', schema=None) as batch_op:
        batch_op.create_index('ix_forms_task_sheet_id_position', ['sheet_id', 'position'], unique=False)

    op.create_table('ledger_chain_head',
    sa.Column('chain', sa.String(length=40), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_ledger_chain_head_entry_id')),
    sa.PrimaryKeyConstraint('chain', name=op.f('pk_ledger_chain_head'))
    )
    op.create_table('notifications_switched_off',
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rule', sa.String(length=40), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("channel <> 'inbox'", name=op.f('ck_notifications_switched_off_the_inbox_stays')),
    sa.ForeignKeyConstraint(['person_id'], ['accounts_person.id'], name=op.f('fk_notifications_switched_off_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'rule', 'channel', name=op.f('pk_notifications_switched_off'))
    )
    op.create_table('workflow_cycle',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('region_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fiscal_year', sa.Integer(), nullable=False),
    sa.Column('framework_key', sa.String(length=60), nullable=False),
    sa.Column('framework', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['region_id'], ['accounts_region.id'], name=op.f('fk_workflow_cycle_region_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_cycle')),
    sa.UniqueConstraint('region_id', 'fiscal_year', name=op.f('uq_workflow_cycle_region_id_fiscal_year'))
    )
    op.create_table('accounts_appointment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('region_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.CheckConstraint("(role IN ('bureau_officer', 'department_reviewer', 'editor')) = (department_id IS NOT NULL)", name=op.f('ck_accounts_appointment_scope_fits_the_role')),
    sa.CheckConstraint("role IN ('editor', 'department_reviewer', 'bureau_officer', 'bureau_manager', 'auditor', 'system_administrator')", name=op.f('ck_accounts_appointment_role_is_known')),
    sa.CheckConstraint('ends_on IS NULL OR ends_on > starts_on', name=op.f('ck_accounts_appointment_ends_after_it_starts')),
    sa.ForeignKeyConstraint(['department_id'], ['accounts_department.id'], name=op.f('fk_accounts_appointment_department_id')),
    sa.ForeignKeyConstraint(['person_id'], ['accounts_person.id'], name=op.f('fk_accounts_appointment_person_id')),
    sa.ForeignKeyConstraint(['region_id'], ['accounts_region.id'], name=op.f('fk_accounts_appointment_region_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_appointment')),
    sa.UniqueConstraint('person_id', 'role', 'region_id', 'department_id', 'starts_on', name=op.f('uq_accounts_appointment_person_id_role_region_id_department_id_starts_on'))
    )
    with op.batch_alter_table('accounts_appointment', schema=None) as batch_op:
        batch_op.create_index('ix_accounts_appointment_department_role', ['department_id', 'role'], unique=False)
        batch_op.create_index(batch_op.f('ix_accounts_appointment_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_accounts_appointment_region_role', ['region_id', 'role'], unique=False)

    op.create_table('workflow_round',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cycle_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('period_from', sa.Date(), nullable=False),
    sa.Column('period_to', sa.Date(), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('closes_at > opens_at', name=op.f('ck_workflow_round_closes_after_it_opens')),
    sa.CheckConstraint('period_to >= period_from', name=op.f('ck_workflow_round_period_has_a_length')),
    sa.ForeignKeyConstraint(['cycle_id'], ['workflow_cycle.id'], name=op.f('fk_workflow_round_cycle_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_round')),
    sa.UniqueConstraint('cycle_id', 'number', name=op.f('uq_workflow_round_cycle_id_number'))
    )
    op.create_table('workflow_table',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cycle_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('region_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sheet_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('state_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pass_number', sa.Integer(), nullable=False),
    sa.Column('latest_revision', sa.Integer(), nullable=False),
    sa.Column('submitted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('endorsed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resubmit_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('returned_sha256', sa.String(length=64), nullable=True),
    sa.Column('approved_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('grade', sa.String(length=4), nullable=True),
    sa.Column('approved_revision', sa.Integer(), nullable=True),
    sa.Column('entered_monitoring_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('monitoring_ended_as', sa.String(length=20), nullable=True),
    sa.Column('evaluation_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('adjusts_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('adjustment_number', sa.Integer(), nullable=True),
    sa.Column('adjustment_reason', sa.Text(), nullable=True),
    sa.CheckConstraint("NOT (state IN ('approved', 'completed', 'evaluation_review', 'monitoring', 'self_evaluation')) OR (approved_by IS NOT NULL AND approved_at IS NOT NULL AND grade IN ('优', '良') AND approved_revision IS NOT NULL)", name=op.f('ck_workflow_table_in_force_means_approved')),
    sa.CheckConstraint("grade IS NULL OR grade IN ('优', '良', '中', '差')", name=op.f('ck_workflow_table_grade_is_known')),
    sa.CheckConstraint("state <> 'finance_review' OR (submitted_by IS NOT NULL AND endorsed_by IS NOT NULL)", name=op.f('ck_workflow_table_with_the_bureau_means_endorsed')),
    sa.CheckConstraint("state <> 'internal_review' OR (submitted_by IS NOT NULL AND latest_revision >= 1)", name=op.f('ck_workflow_table_in_review_means_submitted')),
    sa.CheckConstraint("state IN ('draft', 'internal_review', 'finance_review', 'approved', 'monitoring', 'self_evaluation', 'evaluation_review', 'completed', 'void')", name=op.f('ck_workflow_table_state_is_known')),
    sa.CheckConstraint("state NOT IN ('monitoring', 'self_evaluation', 'evaluation_review', 'completed') OR entered_monitoring_at IS NOT NULL", name=op.f('ck_workflow_table_monitored_means_entered')),
    sa.CheckConstraint("state NOT IN ('self_evaluation', 'evaluation_review', 'completed') OR monitoring_ended_as IN ('met', 'not_applicable', 'waived')", name=op.f('ck_workflow_table_evaluated_means_monitoring_ended')),
    sa.CheckConstraint('(adjusts_id IS NULL AND adjustment_number IS NULL AND adjustment_reason IS NULL) OR (adjusts_id <> id AND adjusts_id IS NOT NULL AND adjustment_number >= 1 AND adjustment_reason IS NOT NULL)', name=op.f('ck_workflow_table_an_adjustment_has_number_and_reason')),
    sa.CheckConstraint('endorsed_by IS NULL OR endorsed_by <> submitted_by', name=op.f('ck_workflow_table_nobody_endorses_their_own')),
    sa.CheckConstraint('version >= 1', name=op.f('ck_workflow_table_version_counts_from_one')),
    sa.ForeignKeyConstraint(['adjusts_id'], ['workflow_table.id'], name=op.f('fk_workflow_table_adjusts_id')),
    sa.ForeignKeyConstraint(['approved_by'], ['accounts_person.id'], name=op.f('fk_workflow_table_approved_by')),
    sa.ForeignKeyConstraint(['cycle_id'], ['workflow_cycle.id'], name=op.f('fk_workflow_table_cycle_id')),
    sa.ForeignKeyConstraint(['department_id'], ['accounts_department.id'], name=op.f('fk_workflow_table_department_id')),
    sa.ForeignKeyConstraint(['endorsed_by'], ['accounts_person.id'], name=op.f('fk_workflow_table_endorsed_by')),
    sa.ForeignKeyConstraint(['region_id'], ['accounts_region.id'], name=op.f('fk_workflow_table_region_id')),
    sa.ForeignKeyConstraint(['sheet_id'], ['forms_sheet.id'], name=op.f('fk_workflow_table_sheet_id')),
    sa.ForeignKeyConstraint(['submitted_by'], ['accounts_person.id'], name=op.f('fk_workflow_table_submitted_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_table')),
    sa.UniqueConstraint('adjusts_id', 'adjustment_number', name=op.f('uq_workflow_table_adjusts_id_adjustment_number')),
    sa.UniqueConstraint('sheet_id', name=op.f('uq_workflow_table_sheet_id'))
    )
    with op.batch_alter_table('workflow_table', schema=None) as batch_op:
        batch_op.create_index('ix_workflow_table_department', ['department_id'], unique=False)
        batch_op.create_index('ix_workflow_table_region_state', ['region_id', 'state'], unique=False)
        batch_op.create_index('uq_workflow_table_one_open_adjustment', ['adjusts_id'], unique=True, sqlite_where=sa.text("adjusts_id IS NOT NULL AND state NOT IN ('approved', 'void')"), postgresql_where=sa.text("adjusts_id IS NOT NULL AND state NOT IN ('approved', 'void')"))
        batch_op.create_index('uq_workflow_table_one_per_department', ['cycle_id', 'department_id'], unique=True, sqlite_where=sa.text('adjusts_id IS NULL'), postgresql_where=sa.text('adjusts_id IS NULL'))

    op.create_table('workflow_window',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cycle_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('stage', sa.String(length=40), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("stage IN ('goal_entry', 'finance_review', 'self_evaluation', 'evaluation_review')", name=op.f('ck_workflow_window_stage_is_known')),
    sa.CheckConstraint('closes_at > opens_at', name=op.f('ck_workflow_window_closes_after_it_opens')),
    sa.ForeignKeyConstraint(['cycle_id'], ['workflow_cycle.id'], name=op.f('fk_workflow_window_cycle_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_window')),
    sa.UniqueConstraint('cycle_id', 'stage', name=op.f('uq_workflow_window_cycle_id_stage'))
    )
    op.create_table('notifications_notice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('cycle_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('rule', sa.String(length=40), nullable=False),
    sa.Column('stage', sa.String(length=40), nullable=False),
    sa.Column('occurrence', sa.String(length=40), nullable=False),
    sa.Column('deadline', sa.Date(), nullable=True),
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recipient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('provisional', sa.Boolean(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('why_not', sa.Text(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_owner', sa.String(length=40), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.CheckConstraint("(stage = 'history') = (entry_id IS NOT NULL)", name=op.f('ck_notifications_notice_of_the_history_means_an_entry')),
    sa.CheckConstraint("(status = 'read') = (read_at IS NOT NULL)", name=op.f('ck_notifications_notice_read_means_when')),
    sa.CheckConstraint("(status IN ('planned', 'failed')) = (next_attempt_at IS NOT NULL)", name=op.f('ck_notifications_notice_what_waits_has_its_next_attempt')),
    sa.CheckConstraint("(status IN ('sent', 'read')) = (sent_at IS NOT NULL)", name=op.f('ck_notifications_notice_sent_means_when')),
    sa.CheckConstraint("(status IN ('suppressed', 'superseded')) = (why_not IS NOT NULL)", name=op.f('ck_notifications_notice_not_sending_says_why')),
    sa.CheckConstraint("leased_until IS NULL OR status IN ('planned', 'failed')", name=op.f('ck_notifications_notice_only_what_waits_is_leased')),
    sa.CheckConstraint("status IN ('planned', 'failed', 'sent', 'read', 'suppressed', 'superseded', 'dead')", name=op.f('ck_notifications_notice_status_is_known')),
    sa.CheckConstraint("status NOT IN ('failed', 'dead') OR (attempts >= 1 AND error IS NOT NULL)", name=op.f('ck_notifications_notice_failing_keeps_the_words')),
    sa.CheckConstraint('(leased_until IS NULL) = (lease_owner IS NULL)', name=op.f('ck_notifications_notice_a_lease_has_owner_and_end')),
    sa.ForeignKeyConstraint(['cycle_id'], ['workflow_cycle.id'], name=op.f('fk_notifications_notice_cycle_id')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_notifications_notice_entry_id')),
    sa.ForeignKeyConstraint(['recipient_id'], ['accounts_person.id'], name=op.f('fk_notifications_notice_recipient_id')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_notifications_notice_table_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications_notice')),
    sa.UniqueConstraint('key', name=op.f('uq_notifications_notice_key'))
    )
    with op.batch_alter_table('notifications_notice', schema=None) as batch_op:
        batch_op.create_index('ix_notifications_notice_cycle_due_at', ['cycle_id', 'due_at'], unique=False)
        batch_op.create_index('ix_notifications_notice_recipient_channel', ['recipient_id', 'channel', 'status', 'sent_at'], unique=False)
        batch_op.create_index('ix_notifications_notice_status_next_attempt_at', ['status', 'next_attempt_at'], unique=False)
        batch_op.create_index('ix_notifications_notice_table', ['table_id'], unique=False)

    op.create_table('workflow_extension',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('stage', sa.String(length=40), nullable=True),
    sa.Column('round_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('granted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_workflow_extension_has_a_reason')),
    sa.CheckConstraint("stage IS NULL OR stage IN ('goal_entry', 'finance_review', 'self_evaluation', 'evaluation_review')", name=op.f('ck_workflow_extension_stage_is_known')),
    sa.CheckConstraint('(stage IS NULL) <> (round_id IS NULL)', name=op.f('ck_workflow_extension_is_of_a_stage_or_a_round')),
    sa.ForeignKeyConstraint(['granted_by'], ['accounts_person.id'], name=op.f('fk_workflow_extension_granted_by')),
    sa.ForeignKeyConstraint(['round_id'], ['workflow_round.id'], name=op.f('fk_workflow_extension_round_id')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_extension_table_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_extension'))
    )
    with op.batch_alter_table('workflow_extension', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workflow_extension_table_id'), ['table_id'], unique=False)

    op.create_table('workflow_indicator_result',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.String(length=20), nullable=False),
    sa.Column('actual', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('written_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("verdict = 'not_applicable' OR actual <> ''", name=op.f('ck_workflow_indicator_result_a_verdict_has_an_actual')),
    sa.CheckConstraint("verdict IN ('met', 'not_met', 'not_applicable')", name=op.f('ck_workflow_indicator_result_verdict_is_known')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_indicator_result_table_id')),
    sa.ForeignKeyConstraint(['written_by'], ['accounts_person.id'], name=op.f('fk_workflow_indicator_result_written_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_indicator_result')),
    sa.UniqueConstraint('table_id', 'number', name=op.f('uq_workflow_indicator_result_table_id_number'))
    )
    op.create_table('workflow_project',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('budget', sa.BigInteger(), nullable=False),
    sa.Column('must_monitor', sa.Boolean(), nullable=False),
    sa.Column('why_not_monitored', sa.Text(), nullable=True),
    sa.Column('must_evaluate', sa.Boolean(), nullable=False),
    sa.Column('why_not_evaluated', sa.Text(), nullable=True),
    sa.Column('evaluated_on', sa.Date(), nullable=True),
    sa.Column('evaluation_score', sa.Integer(), nullable=True),
    sa.Column('listed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(evaluated_on IS NULL) = (evaluation_score IS NULL)', name=op.f('ck_workflow_project_evaluated_has_date_and_score')),
    sa.CheckConstraint('budget IS NULL OR budget BETWEEN 0 AND 9000000000000000', name=op.f('ck_workflow_project_budget_is_money')),
    sa.CheckConstraint('evaluation_score IS NULL OR evaluation_score BETWEEN 0 AND 10000', name=op.f('ck_workflow_project_score_is_within_100')),
    sa.CheckConstraint('must_evaluate OR why_not_evaluated IS NOT NULL', name=op.f('ck_workflow_project_unevaluated_says_why')),
    sa.CheckConstraint('must_monitor OR why_not_monitored IS NOT NULL', name=op.f('ck_workflow_project_unmonitored_says_why')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_project_table_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_project')),
    sa.UniqueConstraint('table_id', 'code', name=op.f('uq_workflow_project_table_id_code')),
    sa.UniqueConstraint('table_id', 'name', name=op.f('uq_workflow_project_table_id_name'))
    )
    op.create_table('workflow_revision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('changes', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('made_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(kind = 'amendment') = (changes IS NOT NULL)", name=op.f('ck_workflow_revision_an_amendment_has_changes')),
    sa.CheckConstraint("kind IN ('submission', 'amendment', 'evaluation')", name=op.f('ck_workflow_revision_kind_is_known')),
    sa.CheckConstraint('(accepted_by IS NULL) = (accepted_at IS NULL)', name=op.f('ck_workflow_revision_accepted_has_who_and_when')),
    sa.ForeignKeyConstraint(['accepted_by'], ['accounts_person.id'], name=op.f('fk_workflow_revision_accepted_by')),
    sa.ForeignKeyConstraint(['made_by'], ['accounts_person.id'], name=op.f('fk_workflow_revision_made_by')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_revision_table_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_revision')),
    sa.UniqueConstraint('table_id', 'number', name=op.f('uq_workflow_revision_table_id_number'))
    )
    op.create_table('workflow_round_frozen',
    sa.Column('round_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('frozen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['workflow_round.id'], name=op.f('fk_workflow_round_frozen_round_id')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_round_frozen_table_id')),
    sa.PrimaryKeyConstraint('round_id', 'table_id', name=op.f('pk_workflow_round_frozen'))
    )
    op.create_table('workflow_upload',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['accounts_person.id'], name=op.f('fk_workflow_upload_person_id')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_upload_table_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_upload')),
    sa.UniqueConstraint('table_id', 'person_id', name=op.f('uq_workflow_upload_table_id_person_id'))
    )
    op.create_table('workflow_waiver',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('granted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('monitoring', 'no_projects')", name=op.f('ck_workflow_waiver_kind_is_known')),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_workflow_waiver_has_a_reason')),
    sa.ForeignKeyConstraint(['granted_by'], ['accounts_person.id'], name=op.f('fk_workflow_waiver_granted_by')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_waiver_table_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_waiver')),
    sa.UniqueConstraint('table_id', 'kind', name=op.f('uq_workflow_waiver_table_id_kind'))
    )
    op.create_table('workflow_goals_in_force',
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('revision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['revision_id'], ['workflow_revision.id'], name=op.f('fk_workflow_goals_in_force_revision_id')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_goals_in_force_table_id')),
    sa.PrimaryKeyConstraint('table_id', name=op.f('pk_workflow_goals_in_force'))
    )
    op.create_table('workflow_project_report',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('round_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('project_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('year_start', sa.BigInteger(), nullable=False),
    sa.Column('adjusted', sa.BigInteger(), nullable=False),
    sa.Column('executed', sa.BigInteger(), nullable=False),
    sa.Column('expected', sa.BigInteger(), nullable=False),
    sa.Column('indicators', sa.JSON(), nullable=False),
    sa.Column('reported_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(confirmed_by IS NULL) = (confirmed_at IS NULL)', name=op.f('ck_workflow_project_report_confirmed_has_who_and_when')),
    sa.CheckConstraint('adjusted IS NULL OR adjusted BETWEEN 0 AND 9000000000000000', name=op.f('ck_workflow_project_report_adjusted_is_money')),
    sa.CheckConstraint('confirmed_by IS NULL OR confirmed_by <> reported_by', name=op.f('ck_workflow_project_report_nobody_confirms_their_own')),
    sa.CheckConstraint('executed IS NULL OR executed BETWEEN 0 AND 9000000000000000', name=op.f('ck_workflow_project_report_executed_is_money')),
    sa.CheckConstraint('expected IS NULL OR expected BETWEEN 0 AND 9000000000000000', name=op.f('ck_workflow_project_report_expected_is_money')),
    sa.CheckConstraint('year_start IS NULL OR year_start BETWEEN 0 AND 9000000000000000', name=op.f('ck_workflow_project_report_year_start_is_money')),
    sa.ForeignKeyConstraint(['confirmed_by'], ['accounts_person.id'], name=op.f('fk_workflow_project_report_confirmed_by')),
    sa.ForeignKeyConstraint(['project_id'], ['workflow_project.id'], name=op.f('fk_workflow_project_report_project_id')),
    sa.ForeignKeyConstraint(['reported_by'], ['accounts_person.id'], name=op.f('fk_workflow_project_report_reported_by')),
    sa.ForeignKeyConstraint(['round_id'], ['workflow_round.id'], name=op.f('fk_workflow_project_report_round_id')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_project_report_table_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_project_report')),
    sa.UniqueConstraint('round_id', 'project_id', name=op.f('uq_workflow_project_report_round_id_project_id'))
    )
    with op.batch_alter_table('workflow_project_report', schema=None) as batch_op:
        batch_op.create_index('ix_workflow_project_report_table_round', ['table_id', 'round_id'], unique=False)

    op.create_table('workflow_remark',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('revision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('must', sa.Boolean(), nullable=False),
    sa.Column('path', sa.String(length=120), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('made_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.String(length=20), nullable=True),
    sa.Column('answer_text', sa.Text(), nullable=True),
    sa.Column('answered_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("answer IS NULL OR answer <> 'declined' OR answer_text <> ''", name=op.f('ck_workflow_remark_declining_says_why')),
    sa.CheckConstraint("answer IS NULL OR answer IN ('changed', 'declined')", name=op.f('ck_workflow_remark_answer_is_known')),
    sa.CheckConstraint("text <> ''", name=op.f('ck_workflow_remark_says_something')),
    sa.CheckConstraint('(answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL) = (answered_at IS NULL)', name=op.f('ck_workflow_remark_an_answer_has_who_and_when')),
    sa.ForeignKeyConstraint(['answered_by'], ['accounts_person.id'], name=op.f('fk_workflow_remark_answered_by')),
    sa.ForeignKeyConstraint(['made_by'], ['accounts_person.id'], name=op.f('fk_workflow_remark_made_by')),
    sa.ForeignKeyConstraint(['revision_id'], ['workflow_revision.id'], name=op.f('fk_workflow_remark_revision_id')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_remark_table_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_remark')),
    sa.UniqueConstraint('table_id', 'number', name=op.f('uq_workflow_remark_table_id_number'))
    )
    op.create_table('workflow_review',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('revision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('form', sa.JSON(), nullable=False),
    sa.Column('grade', sa.String(length=4), nullable=True),
    sa.Column('opinion', sa.Text(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided', sa.Boolean(), nullable=False),
    sa.CheckConstraint("NOT decided OR (grade IS NOT NULL AND opinion <> '')", name=op.f('ck_workflow_review_decided_means_graded')),
    sa.CheckConstraint("grade IS NULL OR grade IN ('优', '良', '中', '差')", name=op.f('ck_workflow_review_grade_is_known')),
    sa.ForeignKeyConstraint(['person_id'], ['accounts_person.id'], name=op.f('fk_workflow_review_person_id')),
    sa.ForeignKeyConstraint(['revision_id'], ['workflow_revision.id'], name=op.f('fk_workflow_review_revision_id')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_review_table_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_review')),
    sa.UniqueConstraint('revision_id', 'person_id', name=op.f('uq_workflow_review_revision_id_person_id'))
    )
    with op.batch_alter_table('workflow_review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workflow_review_table_id'), ['table_id'], unique=False)

    op.create_table('workflow_round_listing',
    sa.Column('round_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('project_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('must_monitor', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['workflow_project.id'], name=op.f('fk_workflow_round_listing_project_id')),
    sa.ForeignKeyConstraint(['round_id'], ['workflow_round.id'], name=op.f('fk_workflow_round_listing_round_id')),
    sa.ForeignKeyConstraint(['table_id'], ['workflow_table.id'], name=op.f('fk_workflow_round_listing_table_id')),
    sa.PrimaryKeyConstraint('round_id', 'project_id', name=op.f('pk_workflow_round_listing'))
    )
    with op.batch_alter_table('workflow_round_listing', schema=None) as batch_op:
        batch_op.create_index('ix_workflow_round_listing_table_round', ['table_id', 'round_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('workflow_round_listing', schema=None) as batch_op:
        batch_op.drop_index('ix_workflow_round_listing_table_round')

    op.drop_table('workflow_round_listing')
    with op.batch_alter_table('workflow_review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_workflow_review_table_id'))

    op.drop_table('workflow_review')
    op.drop_table('workflow_remark')
    with op.batch_alter_table('workflow_project_report', schema=None) as batch_op:
        batch_op.drop_index('ix_workflow_project_report_table_round')

    op.drop_table('workflow_project_report')
    op.drop_table('workflow_goals_in_force')
    op.drop_table('workflow_waiver')
    op.drop_table('workflow_upload')
    op.drop_table('workflow_round_frozen')
    op.drop_table('workflow_revision')
    op.drop_table('workflow_project')
    op.drop_table('workflow_indicator_result')
    with op.batch_alter_table('workflow_extension', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_workflow_extension_table_id'))

    op.drop_table('workflow_extension')
    with op.batch_alter_table('notifications_notice', schema=None) as batch_op:
        batch_op.drop_index('ix_notifications_notice_table')
        batch_op.drop_index('ix_notifications_notice_status_next_attempt_at')
        batch_op.drop_index('ix_notifications_notice_recipient_channel')
        batch_op.drop_index('ix_notifications_notice_cycle_due_at')

    op.drop_table('notifications_notice')
    op.drop_table('workflow_window')
    with op.batch_alter_table('workflow_table', schema=None) as batch_op:
        batch_op.drop_index('uq_workflow_table_one_per_department', sqlite_where=sa.text('adjusts_id IS NULL'), postgresql_where=sa.text('adjusts_id IS NULL'))
        batch_op.drop_index('uq_workflow_table_one_open_adjustment', sqlite_where=sa.text("adjusts_id IS NOT NULL AND state NOT IN ('approved', 'void')"), postgresql_where=sa.text("adjusts_id IS NOT NULL AND state NOT IN ('approved', 'void')"))
        batch_op.drop_index('ix_workflow_table_region_state')
        batch_op.drop_index('ix_workflow_table_department')

    op.drop_table('workflow_table')
    op.drop_table('workflow_round')
    with op.batch_alter_table('accounts_appointment', schema=None) as batch_op:
        batch_op.drop_index('ix_accounts_appointment_region_role')
        batch_op.drop_index(batch_op.f('ix_accounts_appointment_person_id'))
        batch_op.drop_index('ix_accounts_appointment_department_role')

    op.drop_table('accounts_appointment')
    op.drop_table('workflow_cycle')
    op.drop_table('notifications_switched_off')
    op.drop_table('ledger_chain_head')
    with op.batch_alter_table('forms_task', schema=None) as batch_op:
        batch_op.drop_index('ix_forms_task_sheet_id_position')

    op.drop_table('forms_task')
    with op.batch_alter_table('forms_indicator', schema=None) as batch_op:
        batch_op.drop_index('ix_forms_indicator_sheet_id_position')

    op.drop_table('forms_indicator')
    with op.batch_alter_table('accounts_department', schema=None) as batch_op:
        batch_op.drop_index('ix_accounts_department_region_path')

    op.drop_table('accounts_department')
    op.drop_table('workflow_effect')
    op.drop_table('notifications_heartbeat')
    op.drop_table('notifications_cursor')
    with op.batch_alter_table('ledger_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_ledger_entry_act_id')

    op.drop_table('ledger_entry')
    op.drop_table('forms_sheet')
    op.drop_table('accounts_region')
    op.drop_table('accounts_person')
