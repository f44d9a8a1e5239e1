"""Which names of features tell a protected trait or an age: tables of names that must, and that must not."""

from __future__ import annotations

import pytest

from policies.age import tells_age
from policies.protected_features import traits_of

PROTECTED = {
    "sex": """
        sex Sex SEX sexes sex_1 sex2 sexCode applicant_sex applicantsex applicantSex gender GENDERcode
        genderCode cust-gender custgender isFemale isfemale is_male ismale women isWoman chosengender
        s_e_x S.E.X s_e_x_code gndr cust_gndr m_f MF fem is_fem title customer_title applicantTitle mr_mrs
        salutation pregnant is_pregnant maternity_leave first_name givenName""",
    "race or colour": """
        race Race races race1 racecode raceGroup RACEgroup applicant_RACE race_time race_condition
        ethnicity ethnicities EthnicGroup ethnicgroup skin-colour skinColor color Colour colorCode
        applicant_color black is_black isblack is_white isAsian hispanic isHispanicOrLatino caucasian
        skintone skin_tone tribe tribal_affiliation caste CASTE_CODE racial_group""",
    "religion": """
        religion religions religious religiousAffiliation faith church denomination muslim is_muslim
        catholic isCatholic hindu""",
    "national origin": """
        native-country NativeCountry nativecountry native.country national_origin nationality
        nationalities country_of_birth countryofbirth birthCountry place_of_birth placeOfBirth birthplace
        ancestry ancestries citizenship
        country applicant_country country_code countryCode surname last_name native_language mother_tongue
        immigrant immigration_status country_of_origin""",
    "marital status": """
        marital-status maritalstatus MaritalStatus MARITALstatus married isMarried unmarried civil_status
        civilstatus CivilStatus divorced is_divorced widowed widow spouse spouseIncome spouses husband
        wife wives relationship is_single incomespouse
        mar_stat marstat MarStat spousal spousal_income partner has_partner relship household_role
        maiden_name""",
    "public assistance": """
        public_assistance publicAssistance welfare food-stamps foodstamps snap has_snap snap_benefits tanf
        ssi receivesTanf ssi_income medicaid unemployment_benefit unemploymentBenefits rental_assistance""",
}
AGES = """
    age Age AGE ages age2 applicantAge applicant_age applicantage ageYears ageyears age_years AGEyears
    age_in_years agegroup ageGroup age_band dateOfBirth dateofbirth date_of_birth DOB dob customerDob yob
    YearOfBirth birthday birthDate birthdate birth_year age_at_account_opening account_holder_age
    credit_applicant_age profile_age isElderly SeniorCitizen"""
AGES_OF_THINGS = """
    age_of_account ageOfAccounts account_age accountAge oldest_account_age_months
    age_of_the_oldest_account credit_age age_of_credit_file loan_age vehicle_age age_of_vehicle
    property_age"""
NEITHER = """
    average package image imageGroup message percentage usage region essex Essex_branch trace traces
    trace-length brace grace embrace terrace mileage wage wages stage manage manager manager-years agency
    agent agenda language mortgage coverage savings_average shortage sextant sexagesimal mandate
    human_review demand command contract_code car_color colorado blacklisted black_friday_spend
    white_goods animal_husbandry churchill_loan singles_sold single_payment technical_score
    faithless_payments racket raceway_distance private interest hobby education education-num occupation
    hours-per-week workclass capital-gain capital-loss tenure income XMLNode
        title_loan title_status vehicle_title title_type job_title titles_held_by_bank partner_bank
        partner_id partner_code channel_partner mf_value mf_units snapshot snapshot_date balance_snap
        ssid ssl session country_risk country_club country_of_residence merchant_country intercountry
        unemployment_rate rent_to_income housing housing_cost casted forecast broadcast castle attribute
        distribution contribution retribution x_y_z plan_a a_b_test family_size name_on_card
        femur social_score snapper first_payment given_credit espousal_of_risk language"""


@pytest.mark.parametrize("trait", PROTECTED)
def test_names_that_tell_a_trait(trait: str) -> None:
    assert [name for name in PROTECTED[trait].split() if trait not in traits_of(name)] == []


def test_names_that_tell_the_applicant_s_age() -> None:
    assert [name for name in AGES.split() if not tells_age(name)] == []


def test_names_that_tell_neither() -> None:
    names = [*AGES_OF_THINGS.split(), *NEITHER.split()]
    assert {name: traits_of(name) for name in names if traits_of(name)} == {}
    assert [name for name in names if tells_age(name)] == []


def test_a_long_name_is_read_in_no_more_time() -> None:
    """Each of these could be taken apart in as many ways as there are, if there were any."""
    for part in ("1", "id", "is", "co", "year", "custhead", "in"):
        name = f"{part * 5000}black{part * 5000}x"
        assert "race or colour" not in traits_of(name)
        assert not tells_age(name)
